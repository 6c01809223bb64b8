"""PAGES: every page with its file, title, icon, group and least right; the menu of operations.md §2."""

from dataclasses import dataclass

from data.people.rules import Action, Role
from data.words import N_


@dataclass(frozen=True)
class PageRow:
    """One line of the menu."""

    name: str  # dashboard/app_pages/<name>.py, and its address
    title: str  # msgid
    icon: str
    group: str  # msgid of the menu group
    action: Action = Action.SEE  # the least right
    hidden: bool = False  # reached by a link only


HOME = N_("Home")
SERVICES = N_("Services")
FLEET = N_("Fleet")
MONEY = N_("Money & proof")
PLANS = N_("Plans & providers")
SYSTEM = N_("System")

PAGES: tuple[PageRow, ...] = (
    PageRow("today", N_("Today"), ":material/today:", HOME),
    PageRow("my_reminders", N_("My reminders"), ":material/notifications:", HOME),
    PageRow("look_up", N_("Look up"), ":material/search:", HOME, Action.LOOK_UP),
    PageRow("expiry", N_("Expiry"), ":material/event_upcoming:", SERVICES),
    PageRow("renew", N_("Renew"), ":material/autorenew:", SERVICES, Action.PROPOSE),
    PageRow("batches", N_("Batches"), ":material/stacks:", SERVICES),
    PageRow("approvals", N_("Approvals"), ":material/fact_check:", SERVICES, Action.DEPUTISE),
    PageRow("worklists", N_("Offline worklists"), ":material/list_alt:", SERVICES),
    PageRow("failed", N_("Failed and unconfirmed"), ":material/error:", SERVICES),
    PageRow("review", N_("Review desk"), ":material/gavel:", SERVICES),
    PageRow("verification", N_("Paid, not extended"), ":material/running_with_errors:", SERVICES),
    PageRow("not_renewing", N_("Not renewing"), ":material/block:", SERVICES),
    PageRow("usage", N_("Usage against quota"), ":material/data_usage:", SERVICES),
    PageRow("service_changes", N_("Stop, resume, plan change"), ":material/tune:", SERVICES, Action.PROPOSE),
    PageRow("sim", N_("SIM"), ":material/sim_card:", FLEET, Action.LOOK_UP, hidden=True),
    PageRow("terminal", N_("Terminal"), ":material/point_of_sale:", FLEET, hidden=True),
    PageRow("payment_requests", N_("Payment requests"), ":material/request_quote:", MONEY),
    PageRow("payment_request", N_("Payment request"), ":material/print:", MONEY, hidden=True),
    PageRow("vouchers", N_("Vouchers and invoices"), ":material/receipt_long:", MONEY),
    PageRow("reconciliation", N_("Reconciliation"), ":material/balance:", MONEY),
    PageRow("records", N_("Renewal records"), ":material/history_edu:", MONEY),
    PageRow("providers", N_("Providers"), ":material/storefront:", PLANS),
    PageRow("payees", N_("Payees"), ":material/account_balance:", PLANS),
    PageRow("notices", N_("Notices"), ":material/campaign:", PLANS),
    PageRow("import_files", N_("Import"), ":material/upload_file:", SYSTEM, Action.IMPORT),
    PageRow("exports", N_("Exports"), ":material/download:", SYSTEM, Action.EXPORT),
    PageRow("reminders", N_("Reminders"), ":material/notifications_active:", SYSTEM),
    PageRow("connections", N_("Carrier connections"), ":material/cell_tower:", SYSTEM),
    PageRow("jobs", N_("Jobs"), ":material/schedule:", SYSTEM),
    PageRow("users", N_("Users and rights"), ":material/group:", SYSTEM, Action.MANAGE_PEOPLE),
    PageRow("audit", N_("Audit log"), ":material/history:", SYSTEM, Action.READ_AUDIT),
)

# Whom a role thinks of first stands first in its menu (operations.md §2).
FIRST_PAGE = {
    Role.DESK: "look_up",
    Role.FIELD: "look_up",
    Role.APPROVER: "approvals",
    Role.FINANCE: "payment_requests",
}
