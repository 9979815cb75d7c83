"""Every message that a user sees when something goes wrong, or might go wrong.

The troubleshooting table in `docs/8x8-work-analytics.md` is generated from this file by `make tables`.
"""

from dataclasses import dataclass
from string import Formatter
from typing import Any

from airbyte_cdk.models import FailureType

CONFIG, TRANSIENT, SYSTEM = FailureType.config_error, FailureType.transient_error, FailureType.system_error

RESUME = "; progress is saved, so run the sync again later to resume"


@dataclass(frozen=True)
class Message:
    """What happened, and what to do about it.

    Attributes:
        what: what happened, with `{names}` for the parts that vary.
        fix: what to do about it.
        failure_type: of an error; None for a warning.
        resumable: whether progress is saved and a later sync can succeed.
        help: what the troubleshooting table shows instead of `fix`.
    """

    what: str
    fix: str = ""
    failure_type: FailureType | None = CONFIG
    resumable: bool = False
    help: str = ""

    def text(self, times: int = 0, retry: str = RESUME, **values: Any) -> str:
        """Return the sentence.

        Args:
            times: how many times in a row it happened, if that is relevant.
            retry: how to try again, if a later attempt can succeed.
            values: the values for `{names}`.
        """
        text = self.what.format(**values)
        if times:
            text += f", {times} times in a row"
        fix = self.fix.format(**values)
        if not self.resumable:
            return f"{text}: {fix}." if fix else f"{text}."
        return f"{text} ({fix}){retry}." if fix else f"{text}{retry}."


def retryable(what: str, fix: str = "", help: str = "") -> Message:  # noqa: A002 - the field's name
    """Return the message of a failure that may be transient."""
    return Message(what, fix, TRANSIENT, resumable=True, help=help)


def warning(what: str, fix: str = "", help: str = "") -> Message:  # noqa: A002
    """Return a message that does not stop the sync."""
    return Message(what, fix, None, help=help)


def catalogue() -> dict[str, Message]:
    """Return all messages by their code, which is their name in this file."""
    return {name: value for name, value in globals().items() if isinstance(value, Message)}


def placeholders(message: Message) -> list[str]:
    """Return the names of the parts of a message that vary."""
    return [name for _, name, _, _ in Formatter().parse(message.what + message.fix) if name]


def counted(number: int, what: str) -> str:
    """Return a number of things, as in "1 window" or "1,200 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a duration as people write it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


# --- sign-in and access

API_KEY_REJECTED = Message(
    "8x8 rejected the API key (SHA001)",
    "in Admin Console > API Keys, copy the Key of an app for Analytics for 8x8 Work into the form (api_key)",
    help="copy the Key again; wait a few minutes after creating it; make sure that the app is for "
    "Analytics for 8x8 Work",
)
LOGIN_REJECTED = Message(
    "8x8 rejected the user name or the password ({details})",
    "correct them (username, password), and make sure that this user has opened Analytics for Work in a "
    "browser at least once",
    help="correct them; sign in once as that user in a browser and open Analytics for Work",
)
LOGIN_NOT_ACCEPTED = Message(
    "8x8 did not accept the sign-in ({details})", "check the base URL, or try again later", TRANSIENT
)
LOGIN_WITHOUT_TOKEN = retryable("8x8 returned no token for the sign-in")
TOKENS_REJECTED = Message(
    "8x8 issued a token but rejects it (HTTP 401)",
    "check that the API key's app and the user (api_key, username) belong to the same 8x8 account",
    help="use a key and a user from the same 8x8 account; if several connections share a user, give each "
    "its own",
)
TOKEN_DENIED = Message(
    "8x8 accepts this user's token for other requests, but not for this one (HTTP 401)",
    "give the user (username) access to this report in Admin Console, or deselect the stream",
)
SUPERVISOR_REQUIRED = Message(
    "This user is not allowed to read the report (105-400-038)",
    "in Admin Console, give the user (username) Supervisor access to Analytics for Work",
)
PBX_DENIED = Message(
    "PBX not found, or this user lacks access to it (HTTP 403)",
    "use a name from the list that the check prints (pbx_ids), or give the user (username) access to this "
    "PBX in Admin Console",
    help="use a name from the list that the check prints, or give the user access to the PBX",
)
QUEUES_DENIED = Message(
    "This user is not allowed to read this PBX's call queues and agents (HTTP 403)",
    "this permission is separate from the one for reports; grant it to the user (username) in Admin Console, "
    "or deselect this stream",
)
ONLY_REPORTS = warning(
    "Reports can be read, but not call queues and agents: {problem}",
    help="give the user access to call queue analytics, or deselect these streams",
)

# --- PBXs

PBX_NOT_LISTED = Message(
    "8x8 lists no PBX with this name for this user",
    "correct the name (pbx_ids), or give the user (username) access to this PBX in Admin Console",
)
NO_PBX_LISTED = Message(
    "8x8 lists no PBX for this user", "give the user (username) access to a PBX in Admin Console"
)
PBX_ID_GIVEN = Message("This is the id of a PBX, not its name", "enter its name, {name}, instead (pbx_ids)")
PBXES_SHARE_NAME = warning(
    "8x8 lists {count} active PBXs named {name} (ignoring case)",
    "call queues and agents are read for only one of them; rename the others in Admin Console",
)
PBX_SHADOWED = warning(
    "8x8 also lists a deleted PBX named {name}",
    "call queues and agents are read only for the {kept}",
    help="nothing, unless you need the queues of the deleted PBX",
)
PBX_GONE = warning(
    "{stream}: PBX {name} was read before and is no longer listed",
    "its rows stay as they are; if it still exists, check pbx_ids and the user's access",
)
PBX_ID_CHANGED = warning(
    "{stream}: PBX {name} now has the id {new} instead of {old}",
    "its history is read again under the new id; rows with the old id stay until the stream is refreshed",
)
DELETED_PBX_SKIPPED = warning(
    "PBX {name} is deleted and 8x8 denies access to it, so it is skipped",
    help="nothing; the other PBXs are read",
)
PBX_SPELLING = Message(
    "8x8 lists the PBX {name} as {listed}", "use that spelling in pbx_ids", help="use exactly this spelling"
)
PBXES_VISIBLE = Message("This user can see: {names}", help="use one of these names in pbx_ids")
OTHERS_RESPOND = warning(
    "The other PBXs respond, so syncs load those and report this one as failed",
    help="give the user access to the PBX, or remove its name",
)

# --- requests

BAD_REQUEST = Message(
    "8x8 rejected the request ({details}), so its API may have changed",
    "run the doctor command and report its findings",
    SYSTEM,
)
BASE_URL_NOT_FOUND = Message(
    "The sign-in address returned 404 Not Found",
    "the base URL (base_url) is wrong; leave it empty, or correct it",
)
NOT_FOUND = Message(
    "8x8 returned 404 Not Found ({details})",
    "check the base URL (base_url); if it is right, run the doctor command and report its findings",
    SYSTEM,
    help="correct the base URL (`base_url`, hidden in Airbyte's form); if it is right, run the doctor and "
    "report its findings",
)
HTTP_ERROR = retryable("8x8 returned HTTP {status} for {requested}")
LONG_RETRY_AFTER = retryable(
    "8x8 returned HTTP {status} for {requested} and requested a wait of {seconds:,} s, over the 5-minute "
    "limit",
    help="run the sync again after that time",
)
REDIRECT = Message(
    "The response was a redirect{target} (HTTP {status}), which is never followed",
    "check the base URL (base_url) and any proxy between this machine and 8x8",
)
MALFORMED_RESPONSE = retryable("8x8 sent a malformed response instead of {requested}")
RESPONSE_TOO_SLOW = retryable("8x8 did not finish sending {requested} within 15 minutes")
RESPONSE_TOO_LARGE = retryable("8x8 sent more than {gigabytes} GiB for {requested}")
TIMED_OUT = retryable("8x8 did not send {requested} in time")
CONNECTION_CLOSED = retryable("8x8 closed the connection in the middle of {requested}")
SERVICE_DOWN = retryable("8x8 is not responding", help="8x8 is down; try again later")
CHECK_TIMED_OUT = Message(
    "8x8 did not respond in time", "run the check again later", TRANSIENT, help="8x8 is down; try again later"
)
CHECK_LATER = Message(
    "{problem}", failure_type=TRANSIENT, help="run the check again later; the failure may be transient"
)
CLOCK_SKEW = warning(
    "This machine's clock is {minutes} minutes {direction} 8x8's",
    "the connector uses 8x8's clock to decide whether a day is over; correct this machine's clock",
)

# --- the network

CANNOT_BUILD_REQUEST = Message(
    "The request cannot be built", "check api_key, base_url, and the proxy environment variables"
)
ADDRESS_FORBIDDEN = Message(
    "DEPLOYMENT_MODE=cloud does not allow requests to {host}, which is not a public https address",
    "correct the base URL (base_url), or unset DEPLOYMENT_MODE",
)
CERTIFICATE_NOT_TRUSTED = Message(
    "The TLS certificate of {host} is not trusted ({reason}), so nothing was sent",
    "if a company proxy inspects traffic, set REQUESTS_CA_BUNDLE to a file with its CA certificate",
)
BAD_CA_FILE = Message(
    "The CA certificate file in REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE {problem}",
    "correct the variable, or unset it to use the default certificates",
)
PROXY_LOGIN_REQUIRED = Message(
    "The proxy requires a sign-in (HTTP 407)",
    "include its user name and password in HTTPS_PROXY, such as http://user:password@proxy:3128",
)
PROXY_DENIES = Message(
    "The proxy does not allow connections to {host} (HTTP {status})",
    "ask whoever runs the proxy to allow this host",
)
PROXY_TIMED_OUT = retryable("The proxy did not respond in time", "check HTTPS_PROXY")
PROXY_FAILED = retryable("The proxy could not connect to 8x8", "contact whoever runs the proxy")
HOST_UNKNOWN = retryable("The host name {host} does not resolve", "check DNS and this machine's network")
CONNECTION_REFUSED = retryable(
    "{host} refused the connection",
    "check the firewall, any proxy and the base URL",
    help="allow this machine to reach `api.8x8.com` on port 443",
)
HANDSHAKE_FAILED = retryable(
    "{host} accepted the connection but did not complete the TLS handshake",
    "check the firewall and any proxy",
)
NO_TLS = retryable("{host} did not respond with TLS: {reason}", "check the base URL and any proxy")
CONNECT_TIMED_OUT = retryable("{host} could not be reached in time", "check the firewall and any proxy")
UNREACHABLE = retryable("{host} could not be reached", "check this machine's network")

# --- what 8x8 sent

NOT_JSON = retryable("8x8 sent a non-JSON response instead of the report")
NOT_A_REPORT = retryable("8x8 sent JSON that is not a report")
ROW_NOT_AN_OBJECT = retryable("8x8 sent a report with a row that is not an object")
ROW_WITHOUT_KEY = retryable("8x8 sent a report with a row that has no {name}")
ROW_OF_ANOTHER_PBX = retryable("8x8 sent a report with a row for another PBX")
ROW_OF_ANOTHER_GROUP = retryable("8x8 sent a report with a row for another ring group")
ROW_TOO_DEEP = retryable("8x8 sent a row that is nested too deeply to be written as JSON")
TWO_ROWS_FOR_KEY = retryable("8x8 sent a report with two rows for the same {names}")
METRICS_NOT_AN_OBJECT = retryable("8x8 sent a report with metrics that are not an object")
NOT_A_PAGE_OF_CALLS = retryable("8x8 sent JSON that is not a page of calls")
PAGE_WITHOUT_COUNT = retryable("8x8 sent a page of calls without a valid count")
INVALID_TIMESTAMP = retryable("8x8 sent a call with an invalid timestamp")
NOT_A_LIST = retryable("8x8 sent JSON that is not a list")
LIST_ENTRY_WITHOUT_ID = retryable("8x8 sent a list with an entry that has no {name}")
LIST_PAGE_EMPTY = retryable("8x8 sent an empty page in the middle of a list")
LIST_PAGE_REPEATED = retryable(
    "8x8 sent the same page of the list twice, so the next sync will read the list again"
)
LIST_INCOMPLETE = retryable("8x8 reported a list length of {total} but returned {received}")
PAGED_SUMMARY = Message(
    "8x8 sent this summary in pages, which this version cannot read",
    "upgrade the connector, or report this problem with the doctor's findings",
    SYSTEM,
)
PAGES_DISAGREE = retryable(
    "8x8 {problem}, so the next sync will read this day again",
    help="run the sync again; it reads the whole day again",
)
NOT_SECONDS = Message(
    "8x8 sent times that are much longer than the day ({name}), so they cannot be in seconds as documented, "
    "and no rows for this day are stored",
    "run the doctor command and report its findings",
    SYSTEM,
)
NOT_MILLISECONDS = Message(
    "8x8 sent ring group agent times that are longer than the day ({name}), so no rows for this day are "
    "stored",
    "run the doctor command and report its findings",
    SYSTEM,
)
LONG_TIMES = warning(
    "{stream}: some times are longer than the day ({name})",
    "the rows are kept, since a call can last longer than a day; run the doctor command if there are many",
)
BROKEN_IDENTITY = warning(
    "{stream}: in some rows, 8x8's numbers do not add up as documented ({formula})",
    "the rows are kept; run the doctor command for details",
)
REPEATED_KEYS = warning(
    "{stream}: {count} had the same key as another row in the same report",
    "Append tables keep all of them, and Append + Deduped tables keep one; please report this",
    help="Deduped tables keep one row per key; please report this",
)
UNKNOWN_VALUES = warning(
    "{stream}: 8x8 sent {fields}. Most destinations drop such values; please report this",
    help="report it, with the names in the message",
)
FIELDS_REMOVED = warning(
    "{stream}: fields that this version does not know were removed, since they might contain personal data "
    "({names})",
    "please report their names",
)
AGENTS_MISSING = warning(
    "{stream}: 8x8 lists no agents for a ring group that had calls (PBX {name})",
    "check whether the ring group still exists",
)

# --- the configuration

REQUIRED_TEXT = Message("{title} ({key}) is required and must be text")
BROKEN_CHARACTER = Message("{title} ({key}) contains an invalid character", "re-enter it")
API_KEY_CHARACTERS = Message(
    "The API key (api_key) contains an invalid character, such as a space or a line break",
    "copy the Key again from Admin Console > API Keys",
)
TIME_ZONE_INVALID = Message(
    "The time zone (time_zone) must be an IANA name (case-sensitive), such as America/New_York, "
    "Europe/London or UTC{hint}"
)
ZONE_WITHOUT_SUMMER = warning(
    "The time zone {zone} never observes daylight saving time",
    "if your clocks do, use {observing}",
)
PBXES_NOT_A_LIST = Message(
    'The PBX names (pbx_ids) must be a list with one entry for each PBX, such as ["acmecorp"]'
)
NO_PBXES = Message("The list of PBX names (pbx_ids) is empty", "enter the names, or allpbxes for all of them")
PBX_NAME_INVALID = Message(
    "The list of PBX names (pbx_ids) has an entry that is not a name",
    "enter each PBX as a separate entry, exactly as Admin Console spells it",
)
PBX_TWICE = Message("The list of PBX names (pbx_ids) contains a PBX twice", "enter each one only once")
PBXES_MIXED = Message(
    "The list of PBX names (pbx_ids) mixes allpbxes with names", "enter either allpbxes alone, or only names"
)
DATE_INVALID = Message("{title} ({key}) is not a valid date; use YYYY-MM-DD, such as 2025-01-31")
START_IN_FUTURE = Message(
    "The start date (start_date) is in the future",
    "enter today or an earlier day, or leave it empty for the last two years",
)
END_BEFORE_START = Message(
    "The end date (end_date) is before the start date (start_date)", "correct one of them"
)
REREAD_RANGE_INVALID = Message(
    "The range to read again is not valid ({problem})", "correct reread_from and reread_to"
)
CHOICE_INVALID = Message("{title} ({key}) must be {choices}")
FLAG_INVALID = Message("{title} ({key}) must be true or false")
NUMBER_INVALID = Message("{title} ({key}) must be a whole number from {least} to {most}")
BASE_URL_INVALID = Message(
    "The base URL (base_url) must begin with https://, or with http:// and an address of this machine",
    "leave it empty unless you run tests",
)
PERSONAL_DATA_KEY_MISSING = Message(
    "Hashing personal data (personal_data) requires a key (personal_data_key) of at least 16 characters",
    "enter one, and keep a copy, because only the same key produces the same hashes",
)
UNKNOWN_KEYS = warning(
    "The configuration contains unknown keys: {keys}",
    help="correct or remove these keys (see the table in the README)",
)
START_TOO_EARLY = warning(
    "8x8 keeps two years of history, so reading starts on {oldest} instead of start_date",
    help="nothing, or set a later start date",
)
NOTHING_TO_READ = warning(
    "The end date (end_date) {end_date} is before {oldest}, the first day that 8x8 still keeps, so there is "
    "nothing to read",
    help="correct the end date, or remove it",
)
NOTHING_SELECTED = warning(
    "The catalog selects no streams, so there is nothing to read", help="select streams"
)

# --- saved state

SETTING_CHANGED = Message(
    "{stream} was read with {name} {old}, but the configuration now has {new}, so old and new rows "
    "would overlap",
    "set {name} back to {old}, or reload the history with {new} ({reload})",
    help="change it back, or reload the history",
)
ZONE_CHANGED = warning(
    "{stream}: the time zone was {old} and is now {new}, so calls near midnight move to another report_date",
    "if exact days matter, refresh the stream, because many destinations keep the row with the later "
    "report_date",
    help="nothing, if this was intended; refresh the stream if exact days matter",
)
STATE_INVALID = Message(
    "The saved state of {stream} was not written by this connector",
    "reload its history ({reload})",
    help="reload the history of that stream",
)
STATE_WITHOUT_SINCE = warning(
    "{stream}: the saved state comes from version 0.1.0, which did not save how far back it read",
    "if you moved start_date to an earlier day while using 0.1.0, reload the history to get the days in "
    "between ({reload}); this warning appears only once",
    help="nothing, unless you moved the start date to an earlier day; in that case, reload the history",
)
MARK_IN_FUTURE = warning(
    "{stream}: according to the saved state, PBX {name} was read up to {mark}, which has not ended yet",
    "reading resumes from {newest}; if this machine's clock was wrong, reload the history ({reload})",
    help="check this machine's clock; if it was wrong, reload the history",
)
DATA_LOST = warning(
    "{stream}: PBX {name} was last read up to {mark}, and 8x8 no longer has data from before {oldest}",
    "the data in between is lost",
    help="this data is lost; sync more often than every two years",
)
HASHES_CHANGED = warning(
    "{stream}: personal_data was {old} and is now {new}",
    "rows that are already loaded stay as they are until the stream is refreshed",
)
HASH_KEY_CHANGED = warning(
    "{stream}: personal_data_key changed, so old and new hashes do not match",
    "refresh the stream, or restore the old key",
)
REREAD_OUTSIDE = warning(
    "{stream}: no window between {first} and {last} can be read again for PBX {name}",
    "check reread_from and reread_to against start_date, end_date and the two years that 8x8 keeps",
)
REREAD_BEFORE_START = warning(
    "The range to read again ends before {first}, the first day to load, so it is only read if an earlier "
    "sync loaded it",
    "check reread_from and reread_to against start_date and the two years that 8x8 keeps",
)

# --- files on the command line

FILE_CANNOT_BE_OPENED = Message(
    "The {what} file cannot be opened: {reason}", help="correct the path or the file"
)
FILE_CANNOT_BE_READ = Message(
    "The {what} file cannot be opened ({reason})",
    "give {user}, the user that runs the connector, read access to the file, or run the container with "
    "--user",
    help="give the container's user read access to the file",
)
FILE_NOT_JSON = Message("The {what} file does not contain JSON", help="correct the path or the file")
FILE_NOT_TEXT = Message("The {what} file is not UTF-8 text", help="correct the path or the file")
CONFIG_NOT_AN_OBJECT = Message(
    "The configuration file must contain a JSON object", help="correct the path or the file"
)
CATALOG_INVALID = Message(
    "The catalog file does not contain a configured Airbyte catalog{where}",
    "start with the one that comes with this connector (examples/catalog.json)",
)
STREAM_TWICE = Message("The catalog lists the stream {stream} twice", "remove one of the two entries")
STREAM_UNKNOWN = Message(
    "The catalog lists the stream {stream}, which this source does not have",
    "refresh the source's schema in Airbyte, or correct the catalog file",
)
STATE_SHAPES = (
    "pass the unchanged output of an earlier read, one of its STATE messages, or a JSON array of its states"
)
STATE_FILE_INVALID = Message(
    "The state file does not contain a state from this connector",
    STATE_SHAPES,
    help="pass the output of the last read as `--state`",
)
STATE_FILE_EMPTY = Message(
    "The state file is empty, because the read that wrote it ended before saving anything",
    "pass the output of the read before that one, or omit --state to read from start_date",
)
STATE_FILE_WITHOUT_STATE = warning(
    "The state file is the output of a read that ended before saving a state, so this read begins at the "
    "start date (start_date)",
    help="to resume, pass the output of the read before that one as `--state`",
)
STATE_GLOBAL = Message(
    "The state file contains a state shared by all streams (GLOBAL), which this connector never writes",
    STATE_SHAPES,
    help="pass the output of the last read as `--state`",
)

# --- the program

SYNC_STOPPED = retryable("The sync was stopped")
STOPPED_SAVED = warning("Stopped on request; progress is saved", help="run the sync again; it resumes")
STOPPED = warning("Stopped on request, before anything was read", help="run the sync again")
OUTPUT_FAILED = Message(
    "The output cannot be written: {reason}",
    failure_type=SYSTEM,
    help="free some disk space, or make sure that the consuming process keeps running",
)
BUG = Message(
    "This is a bug in the connector",
    "please report it, with the log up to this point",
    SYSTEM,
    help="please report it, with the log",
)
