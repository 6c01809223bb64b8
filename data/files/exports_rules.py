"""What can be exported, in which formats, split by what, and how long a written file is kept."""

from datetime import datetime, timedelta

from data.words import N_, ToldError

WHAT = {
    "renewals": N_("Renewal records"),
    "sims": N_("SIMs"),
    "not_renewing": N_("SIMs not renewed"),
    "sms": N_("SMS-ready list"),
    "terminals": N_("Terminals"),
    "usage": N_("Usage"),
    "failures": N_("Failed and unconfirmed"),
    "findings": N_("Findings"),
    "refusals": N_("Refused rows"),
    "worklist": N_("Worklist"),
}
# Papers are about one thing, laid out for a person to sign; the others are lists.
PAPERS = {"payment_request": N_("Payment request")}
FORMAT_WORDS = {"csv": "CSV", "xlsx": "Excel (.xlsx)", "parquet": "Parquet", "pdf": "PDF"}
FORMATS = ("csv", "xlsx", "parquet")
PAPER_FORMATS = ("pdf", "xlsx")
SPLITS = {"agent": N_("One file per agent"), "branch": N_("One file per branch"), "region": N_("One file per region")}
STATE_WORDS = {"waiting": N_("Waiting"), "written": N_("Written"), "failed": N_("Failed")}
STATE_COLOURS = {"waiting": "blue", "written": "green", "failed": "red"}

# Long enough to fetch a file after a weekend; asking again costs a click.
KEPT_FOR = timedelta(days=7)
# Excel's 1,048,576 rows less the headers.
XLSX_MAX_ROWS = 1_048_575
# Beyond some fifty pages nobody reads a list on paper.
PAPER_MAX_ROWS = 2_000

GONE = N_("This file was removed after {days} days; ask for it again")
TOO_MANY_ROWS = N_("{rows} rows do not fit in one Excel sheet (1,048,575 at most); choose CSV, or narrow the filter")
NO_LAYOUT = N_("There is no layout named '{layout}'; the Import page saves one")
NOT_WRITTEN = N_("The file could not be written; see the run of write_exports on the page Jobs")
NO_FONT = N_("A PDF needs a font with Chinese signs: an administrator names its file in the setting pdf_font")
FONT_GONE = N_("The font file {font} of the setting pdf_font cannot be read; correct the setting")
TOO_MANY_FOR_PDF = N_("{rows} rows are more than a PDF takes ({most}); choose Excel")


def formats_of(what: str) -> tuple[str, ...]:
    """The formats an export can be had in; none for what is no export."""
    return FORMATS if what in WHAT else PAPER_FORMATS if what in PAPERS else ()


class ExportRefused(ToldError):
    """The export will never work as asked."""


def outlived(ended_at: datetime | None, *, now: datetime) -> bool:
    """Whether a written file is past the days it is kept."""
    return ended_at is not None and now - ended_at > KEPT_FOR
