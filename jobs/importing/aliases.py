"""Which headers mean which column: operations.md's own words, the English names, and the headers of our exports.

Keys are concepts; a kind's fields (fields.py) say under which canonical name a concept is kept there. Words stand in the
order they win when one file has several of them.
"""

ALIASES: dict[str, tuple[str, ...]] = {
    # The card
    "iccid": ("ICCID", "ICCID号", "ICCID号码", "ICCID/卡号", "容器ID", "集成电路卡识别码", "sim_iccid", "卡ICCID"),
    "msisdn": ("MSISDN", "物联卡号", "物联卡号码", "物联网卡号", "接入号", "接入号码", "号码", "SIM号码", "accNumber"),
    "imsi": ("IMSI", "IMSI号"),
    "imei": ("IMEI", "IMEI号", "设备IMEI"),
    "carrier": ("carrier", "运营商", "所属运营商", "运营商类型", "网络运营商", "operator"),
    "account": ("account", "账户", "账号", "接入账户", "通道编号", "落地名称", "carrier_account"),
    "supplier": ("supplier", "供应商", "所属企业", "客户名称", "所属公司", "供卡商"),
    "plan": (
        "plan", "套餐", "套餐名称", "流量套餐", "在用套餐名", "在用套餐", "资费计划", "资费名称", "资费", "套餐凭证",
        "plan_name", "rate_plan", "ratePlan",
    ),
    "activated_on": ("activated_on", "激活日期", "激活时间", "首次激活日", "首次激活时间", "activate_time", "activeTime"),
    "expires_on": (
        "expires_on", "到期日", "到期日期", "到期时间", "服务期止", "服务-失效时间", "失效时间", "套餐到期时间",
        "套餐到期日", "套餐到期日期", "套餐结束时间", "套餐失效时间", "有效期至", "有效期止", "卡到期日期", "卡到期日",
        "stopTime", "expire_time", "ProductExpiredTime", "expiry", "expiry_date", "expire_date", "expires",
    ),
    "delivered_on": (
        "delivered_on", "发卡日期", "发卡时间", "出库日期", "出库时间", "发货日期", "发货时间", "开卡日期", "开卡时间",
        "交付日期", "delivery_date",
    ),
    "silent_until": (
        "silent_until", "沉默期截止", "沉默期截止日", "沉默期截止日期", "沉默期截止时间", "沉默期到期", "沉默期到期日",
        "沉默期到期日期", "沉默期到期时间", "沉默期结束", "沉默期结束日期", "沉默期结束时间", "静默期到期", "静默期到期日",
        "静默期到期日期", "静默期到期时间", "静默期截止", "静默期截止日期", "静默期结束", "静默期结束日期", "静默期结束时间",
        "最晚激活日期", "最晚激活时间", "最迟激活日期", "激活截止日期", "激活截止时间", "激活截止", "silent period ends",
        "silent period end", "activate by", "activation deadline",
    ),
    "auto_renew": ("auto_renew", "自动续费", "是否自动续费", "续费方式"),
    "quota_mb": (
        "quota_mb", "流量套餐总量", "资费总量-和", "套餐总量", "套餐流量", "总流量", "流量总量", "月配额",
        "配额", "quota",
    ),
    "used_mb": (
        "used_mb", "流量使用量", "资费已用流量-和", "已用流量", "周期累计流量", "月累计流量", "月初至今用量", "本月用量",
        "当月用量", "当月已用流量", "本月已用流量", "已用量", "使用流量", "使用量", "用量", "流量", "日用量", "used",
        "usage", "data_usage",
    ),
    "left_mb": ("left_mb", "流量套餐剩余量", "剩余流量", "资费剩余用量-和", "剩余用量", "套餐剩余流量", "left", "remaining"),
    "as_of": ("as_of", "用量同步时间", "用量更新时间", "用量截至", "更新时间", "同步时间", "数据时间", "统计时间", "截止时间"),
    "purchase_batch": ("purchase_batch", "采购批次", "采购批次号", "购卡批次", "批次号", "批次"),
    "pool": ("pool", "流量池", "流量池名称", "所属流量池", "所属池", "流量池编号"),
    "tags": ("tags", "标签", "自定义分组", "分组", "自定义属性"),
    "status": (
        "status", "卡状态", "SIM卡状态", "具体状态", "运营商到停状态", "终端状态", "终端激活状态", "活动状态", "状态",
        "card_status", "sim_status", "state",
    ),
    # The terminal
    "terminal_id": ("terminal_id", "终端号", "POS终端号", "终端编号", "银联终端号", "TID", "POS号"),
    "serial_no": (
        "serial_no", "机具序列号", "POS机具序列号", "终端序列号", "终端SN系列号", "设备SN号", "SN号", "SN", "序列号",
        "机身号", "机具SN", "终端SN", "设备SN", "SN码",
    ),
    "tusn": ("tusn", "TUSN号"),
    "brand": ("brand", "品牌", "终端品牌类型", "终端品牌", "厂商", "机具品牌", "终端厂商"),
    "model": ("model", "机型", "POS机型号", "型号", "终端型号", "机具型号", "机具类型"),
    "brand_model": ("brand_model", "品牌型号", "品牌/型号", "品牌及型号", "厂商型号"),
    "site": ("site", "网点名称", "所属网点", "网点编号", "网点", "门店", "门店名称"),
    "branch": ("branch", "分公司", "分支机构", "所属机构", "机构", "所属分公司"),
    "install_address": ("install_address", "装机地址", "布放地址", "安装地址", "布放位置"),
    "networks": ("networks", "支持网络", "网络制式", "通讯方式", "通信方式", "网络类型"),
    "last_seen_at": ("last_seen_at", "最后签到时间", "最近签到时间", "最后在线时间", "最后签到日期"),
    "last_trade_on": ("last_trade_on", "最后交易日期", "最后交易日", "最近交易日期", "最后交易时间", "最近交易时间"),
    "monthly_takings_yuan": ("monthly_takings_yuan", "月交易额", "月均交易额", "月流水", "月均流水", "月交易金额"),
    # The merchant and the agent
    "merchant_no": ("merchant_no", "商户号", "商户编号", "收单商编", "特约商户编码", "商户编码", "特约商户编号", "商编"),
    "merchant_name": (
        "merchant_name", "商户名称", "所属商户", "终端机归属商户", "商户", "商户简称", "特约商户名称", "merchant",
    ),
    "name": ("name", "名称"),
    "agent_no": ("agent_no", "服务商编号", "代理编号", "代理商编号", "服务商代码"),
    "agent_name": (
        "agent_name", "服务商", "所属服务商", "代理商", "服务商名称", "代理商名称", "所属代理商", "所属代理", "agent",
    ),
    "region": ("region", "所属省份", "省份", "地区", "省", "大区", "区域", "所属地区"),
    "city": ("city", "所属城市", "城市", "市", "地市"),
    "address": ("address", "详细地址", "地址", "商户地址", "经营地址"),
    "contact_name": ("contact_name", "联系人姓名", "联系人", "商户联系人"),
    "contact_email": ("contact_email", "联系人邮箱", "邮箱", "电子邮箱", "email"),
    "merchant_status": ("merchant_status", "商户状态", "商户经营状态", "经营状态", "营业状态"),
    "contact_phone": ("contact_phone", "电话号码", "联系电话", "联系人电话", "手机号", "手机号码", "联系人手机", "电话"),
    # Plans
    "network": ("network", "网络", "制式"),
    "term_months": ("term_months", "期限", "周期", "订购时长", "时长", "套餐周期", "套餐期限", "月数"),
    "price_yuan": ("price_yuan", "价格", "单价", "套餐价格", "资费价格", "套餐金额", "售价", "price"),
    "overage_yuan_per_mb": ("overage_yuan_per_mb", "超量单价", "套外单价", "超出单价", "套外资费", "超额单价"),
    "channel": ("channel", "渠道", "合作渠道", "报价渠道"),
    "valid_from": ("valid_from", "生效日期", "生效时间", "起始日期", "生效日"),
    "valid_to": ("valid_to", "失效日期", "截止日期", "截止日", "结束日期", "失效日"),
    # Usage
    "day": ("day", "日期", "用量日期", "统计日期", "使用日期", "date"),
    "month": ("month", "月份", "账期", "用量月份", "统计月份", "账期月份"),
    # What a payee fills in on a worklist
    "row_key": ("row_key", "行标识", "订单标识"),
    "batch_no": ("batch_no", "续费批次", "续费批次号"),
    "result": ("result", "办理结果", "处理结果", "续费结果", "充值结果", "结果"),
    "new_expiry": ("new_expiry", "新到期日", "新到期日期", "续费后到期日", "续费后到期时间", "新有效期"),
    "amount_yuan": ("amount_yuan", "实付金额", "扣款金额", "实收金额", "金额", "amount"),
    "portal_order_no": ("portal_order_no", "服务商单号", "平台订单号", "服务商订单号"),
    "fail_reason": ("fail_reason", "失败原因", "未办理原因", "reason"),
}  # fmt: skip

# Headers that are ICCIDs in one platform and numbers in another: the values decide.
BY_VALUES = ("卡号", "SIM卡号", "流量卡号", "SIM卡", "流量卡", "卡号码")

# Words that open a sum below the table; such a row is no record.
SUM_WORDS = ("合计", "总计", "小计", "共计", "汇总", "本页合计", "本页小计", "total", "subtotal", "grandtotal", "sum")

# Sheets that explain the file instead of being it.
NOTE_SHEETS = (
    "说明",
    "填写说明",
    "使用说明",
    "填表说明",
    "导入说明",
    "字段说明",
    "备注说明",
    "readme",
    "notes",
    "instructions",
)
