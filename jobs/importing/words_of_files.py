"""The words files use for states, carriers, networks and yes or no, each with the code the product keeps.

operations.md's own words and English codes, and what platforms write. A word that is not here is `unknown` with a
remark, never active. Bare digits are left out: the same digit means different things per platform.
"""

import unicodedata
from typing import TypeVar

K = TypeVar("K", str, bool)

CARD_STATUS = {
    "stock": ("库存", "库存期", "库存中", "在库", "inventory", "instock", "未领用"),
    "test": ("测试期", "测试", "可测试", "测试中", "test", "testing", "testready", "trial"),
    "silent": (
        "沉默期", "静默期", "沉默", "可激活", "待激活", "未激活", "已发卡", "activationready", "silent", "ready",
        "standby",
    ),
    "active": (
        "正常", "在用", "使用中", "已激活", "激活", "开机", "已开机", "已开通", "开通", "正常使用", "服务中", "运行中",
        "已启用", "启用", "在网", "临期", "即将到期", "duesoon", "active", "activated", "activation", "enabled",
        "inuse", "normal", "正使用", "正常在用",
    ),
    "stopped_expired": ("到期停机", "已到期", "到期", "过期", "已过期", "套餐到期", "到期停用", "expired", "停机到期"),
    "stopped_arrears": ("欠费停机", "欠费", "欠停", "信控停机", "账户余额不足停机", "arrears"),
    "stopped_quota": (
        "达量停机", "达量停用", "超量停机", "流量用尽", "流量用完", "达量断网", "流量超限", "overquota", "超套停机",
    ),
    "stopped_manual": (
        "主动停机", "停机", "已停机", "停用", "已停用", "单停", "双停", "单向停机", "双向停机", "暂停", "已暂停",
        "管理停机", "人工停机", "申请停机", "deactivated", "suspended", "disabled", "inactive", "stopped", "paused",
        "deactivatedname", "停机状态",
    ),
    "stopped_separation": ("机卡分离停机", "机卡分离", "机卡分离停用", "换绑停机", "separation"),
    "stopped_area": ("区域停机", "区域限制停机", "超区域停机", "区域管控停机", "area"),
    "stopped_realname": ("未实名停机", "未实名", "实名停机", "未实名认证", "realname"),
    "stopped_risk": (
        "违规(风险)停机", "违规停机", "风险停机", "违章停机", "风控停机", "涉诈停机", "关停", "risk", "管控停机",
    ),
    "number_kept": ("停机保号", "保号", "报停", "numberkept", "挂起"),
    "pre_cancel": ("预销户", "预销", "预拆机", "待销户", "预注销", "precancel", "即将销户"),
    "cancelled": (
        "已销户", "销户", "拆机", "已拆机", "注销", "已注销", "已销号", "销号", "已失效", "已清除", "已退网", "retired",
        "purged", "cancelled", "canceled", "terminated",
    ),
    "replaced": ("已换卡", "已换新卡", "换卡", "已更换", "replaced"),
    "lost": ("挂失", "已挂失", "丢失", "lost"),
    "unknown": ("状态未知", "未知", "unknown"),
}  # fmt: skip

TERMINAL_STATUS = {
    "in_use": (
        "在用", "使用中", "正常", "启用", "已启用", "已激活", "激活", "已绑定", "已开通", "开通", "在线", "离线",
        "已装机", "inuse", "active", "enabled", "normal", "bound", "有效",
    ),
    "disabled": ("停用", "已停用", "禁用", "冻结", "已冻结", "关闭", "注销", "已注销", "disabled", "inactive", "失效", "无效"),
    "withdrawn": ("已撤机", "撤机", "已回收", "回收", "已解绑", "解绑", "已拆机", "拆机", "withdrawn", "unbound"),
    "stock": ("库存", "在库", "未激活", "待激活", "未绑定", "未使用", "未分配", "stock", "instock", "未装机"),
    "repair": ("维修中", "维修", "返修", "故障", "送修", "repair"),
}  # fmt: skip

CARRIER = {
    "mobile": ("中国移动", "移动", "中移", "中移动", "中移物联", "cmcc", "chinamobile", "mobile", "cm", "yd"),
    "unicom": ("中国联通", "联通", "cucc", "chinaunicom", "unicom", "cu", "lt"),
    "telecom": ("中国电信", "电信", "ctcc", "chinatelecom", "telecom", "ct", "dx"),
    "broadnet": ("中国广电", "广电", "cbn", "chinabroadnet", "broadnet", "gd"),
}

YES_NO = {
    True: (
        "是", "y", "yes", "true", "1", "t", "已开启", "开启", "开", "已开通", "开通", "自动续费", "自动", "启用", "已启用",
        "on", "√", "有",
    ),
    False: (
        "否", "n", "no", "false", "0", "f", "未开启", "已关闭", "关闭", "关", "未开通", "不自动续费", "手动续费", "手动",
        "停用", "未启用", "off", "×", "无", "非自动续费",
    ),
}  # fmt: skip

# Whether a merchant is no longer in business.
MERCHANT_CLOSED = {
    True: (
        "停业", "已停业", "关闭", "已关闭", "关店", "歇业", "倒闭", "注销", "已注销", "销户", "已销户", "撤户", "已撤户", "解约", "已解约",
        "清退", "已清退", "退网", "closed", "cancelled", "terminated",
    ),
    False: (
        "正常", "营业", "营业中", "正常营业", "在营", "开业", "启用", "已启用", "有效", "已入网", "已开通", "open", "active", "normal",
    ),
}  # fmt: skip

# What a network word lets a machine run; read anywhere in the value, so that 4G全网通 and 2G/4G both speak.
NETWORKS = (
    ("全网通", ("2G", "3G", "4G")),
    ("NB", ("NB",)),
    ("5G", ("5G",)),
    ("4G", ("4G",)),
    ("LTE", ("4G",)),
    ("CAT1", ("4G",)),
    ("CAT.1", ("4G",)),
    ("CAT4", ("4G",)),
    ("3G", ("3G",)),
    ("WCDMA", ("3G",)),
    ("2G", ("2G",)),
    ("GPRS", ("2G",)),
    ("GSM", ("2G",)),
)
RESULT = {
    "ok": ("成功", "已成功", "已续费", "续费成功", "已办理", "办理成功", "完成", "已完成", "已到账", "success", "done", "yes"),
    "fail": ("失败", "续费失败", "办理失败", "未成功", "不能办理", "无法办理", "已退款", "failed", "no"),
    "pending": ("处理中", "办理中", "待处理", "待办理", "续费中", "processing", "inprogress"),
}  # fmt: skip
# What a payee's words for a failure mean (data/renewals/rules.py, REASONS); the first that occurs.
REASON_WORDS = (
    ("余额不足", "insufficient_balance"),
    ("退款", "refunded"),
    ("欠费", "arrears"),
    ("预销", "wrong_state"),
    ("销户", "cancelled"),
    ("注销", "cancelled"),
    ("拆机", "cancelled"),
    ("实名", "realname_missing"),
    ("机卡分离", "separation"),
    ("涨价", "price_changed"),
    ("调价", "price_changed"),
    ("套餐", "plan_unsuitable"),
    ("不是我", "not_our_card"),
    ("不在名下", "not_our_card"),
    ("流量池", "pool_card"),
    ("月底", "window_closed"),
    ("封账", "window_closed"),
    ("停机", "stop_reason"),
)
NETWORK_ORDER = ("2G", "3G", "4G", "5G", "NB")

# Cells that say "nothing here".
EMPTY_WORDS = {
    "-", "--", "---", "—", "——", "/", "\\", "null", "(null)", "#n/a", "n/a", "\\n", "0000-00-00", "0000-00-00 00:00:00",
}  # fmt: skip
# Also nothing, where the column is no free text.
NOTHING_WORDS = {"无", "空", "暂无", "未知", "none", "undefined"}
UNLIMITED_WORDS = {"不限", "不限量", "无限", "无限制", "unlimited"}


def plain(text: str) -> str:
    """A word as the tables above are asked: width, case, spaces, underscores and hyphens set aside."""
    kept = unicodedata.normalize("NFKC", text).lower()
    return kept.replace(" ", "").replace("_", "").replace("-", "")


def codes(table: dict[K, tuple[str, ...]]) -> dict[str, K]:
    """A table of words turned round: plain word to code; the codes are words too."""
    found = {plain(word): code for code, words in table.items() for word in words}
    for code in table:
        if isinstance(code, str):
            found[plain(code)] = code
    return found
