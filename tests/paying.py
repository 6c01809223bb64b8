"""What tests of payments share: orders by hand at a payee, asked for and paid."""

from data.renewals import paying
from data.renewals import store as renewals
from data.sims.holidays import published
from tests.renewing import sql

PAYEE = "Agent Wang"
HAND = """
UPDATE account SET connector = 'offline', payee = 'Agent Wang', way_to_pay = $way WHERE account = 'mobile-main';
"""
OTHER = """
UPDATE account SET connector = 'offline', payee = 'Agent Li', way_to_pay = 'monthly' WHERE account = 'unicom-east';
"""
ABLE = "INSERT INTO capability (connector, ability, answer, reason) VALUES ('offline', 'renew', 'yes', 'by list')"
CARDS = """
INSERT INTO sim (sim_id, stem, iccid, msisdn, carrier, account, plan_id, status, expires_on, observed_at)
SELECT sim_id, stem, iccid, msisdn, carrier, account, plan_id, status, expires_on, observed_at FROM sim_now
"""


def ordered(home, fleet, people, way="transfer", **facts):
    """Five approved renewals with PAYEE, first to be placed on Wednesday 9 December 2026; `facts` of the cards."""
    ids = fleet(5, **facts)
    with home.db.write() as tx:
        tx.run(sql(HAND), way=way)
        tx.run(sql(OTHER))
        tx.run(sql(ABLE))
        tx.run(sql("UPDATE sim_now SET connector = 'offline'"))
        tx.run(sql(CARDS))
        batch = renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one").batch
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)
    return batch


def ask(home, by, batch, payee=PAYEE):
    with home.db.write() as tx:
        return paying.ask(tx, by, batch=batch, payee=payee, workdays=published())


def pay(home, by, request, reference="BANK-77", **more):
    with home.db.write() as tx:
        return paying.paid(tx, by, request=request, reference=reference, **more)
