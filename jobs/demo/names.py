"""The words a made-up fleet is named with. Nothing here is a real merchant, company, person or street."""

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A place merchants stand in."""

    region: str
    name: str
    area_code: str  # four digits inside a merchant number
    districts: tuple[str, ...]


CITIES = (
    City("华南", "深圳", "5840", ("福田区", "南山区", "宝安区", "龙岗区", "罗湖区")),
    City("华南", "广州", "5810", ("天河区", "越秀区", "海珠区", "番禺区")),
    City("华东", "杭州", "3310", ("西湖区", "上城区", "滨江区", "余杭区")),
    City("华东", "苏州", "3050", ("姑苏区", "吴中区", "相城区")),
    City("西南", "成都", "6510", ("锦江区", "武侯区", "青羊区", "双流区")),
    City("华中", "武汉", "5210", ("江汉区", "武昌区", "洪山区")),
    City("西北", "西安", "7910", ("雁塔区", "碑林区", "未央区")),
    City("华中", "郑州", "4910", ("金水区", "二七区", "中原区")),
    City("华北", "济南", "4510", ("历下区", "市中区", "槐荫区")),
)
# How the merchants spread over CITIES: no equal ninths.
CITY_SHARES = (0.21, 0.15, 0.13, 0.09, 0.12, 0.10, 0.08, 0.07, 0.05)

# Agents: name and the cities (places in CITIES) they serve.
AGENTS = (
    ("澜桥支付服务（演示）", (0,)),
    ("鹏湾机具服务（演示）", (0,)),
    ("岭芽商户服务（演示）", (0, 1)),
    ("穗岚收单服务（演示）", (1,)),
    ("珠禾电子（演示）", (1,)),
    ("湖漪信息（演示）", (2,)),
    ("钱渡商服（演示）", (2, 3)),
    ("姑桥支付服务（演示）", (3,)),
    ("蓉禾机具（演示）", (4,)),
    ("锦川收单服务（演示）", (4,)),
    ("江澜商户服务（演示）", (5,)),
    ("雁禾信息（演示）", (6,)),
    ("中原禾丰机具（演示）", (7,)),
    ("泉岚支付服务（演示）", (8,)),
)

NAME_FIRST = tuple("禾青澜芽渡晏岚栀沐橙麦溪朵云槐棠桐苔鹿雁荷稻杏蒲樟芷茉榆枫梧")
NAME_SECOND = tuple("里屿间舍语町塘野谷坊汀屋集甸陌渡湾桥歌洲岸庭坞园巷浦岭川石家")

# What a merchant does: the word on the sign and the four digits of its category.
TRADES = (
    ("小馆", "5812"),
    ("面馆", "5812"),
    ("火锅店", "5812"),
    ("茶饮店", "5814"),
    ("烘焙坊", "5462"),
    ("便利店", "5499"),
    ("生鲜超市", "5411"),
    ("水果店", "5431"),
    ("药房", "5912"),
    ("酒店", "7011"),
    ("宾馆", "7011"),
    ("服饰店", "5691"),
    ("鞋行", "5661"),
    ("眼镜店", "8043"),
    ("五金店", "5251"),
    ("汽修厂", "7538"),
    ("加油站", "5541"),
    ("母婴店", "5641"),
    ("美发店", "7230"),
    ("书店", "5942"),
)

ROAD_FIRST = (
    "望星",
    "听澜",
    "枕溪",
    "云阶",
    "禾丰",
    "青屿",
    "知鹿",
    "晴川",
    "松间",
    "月坪",
    "杏林",
    "荷塘",
    "雁来",
    "拾光",
    "半山",
)
ROAD_LAST = ("路", "大道", "街", "巷", "一路", "东路", "西街", "中路")

SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
GIVEN_FIRST = ("", "", "晓", "志", "文", "海", "玉", "建", "思", "雨", "国", "美", "子", "春", "立", "家")
GIVEN_LAST = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玲辉红亮琴梅")

# Brand, its models with the networks they can run, and whether the machine is an Android one.
# Shares of brands: 新大陆 34 %, 百富 28 %, 银联 and others 38 % (operations.md §5).
MODELS = (
    ("新大陆", "SP600", "2G/3G/4G", False, 0.13),
    ("新大陆", "SP50", "2G/3G", False, 0.06),
    ("新大陆", "N910", "2G/3G/4G", True, 0.10),
    ("新大陆", "N950", "4G", True, 0.05),
    ("百富", "S90", "2G/3G", False, 0.07),
    ("百富", "S920", "2G/3G/4G", False, 0.09),
    ("百富", "A920", "3G/4G", True, 0.08),
    ("百富", "A930", "4G", True, 0.04),
    ("银联", "UP100", "2G/3G/4G", False, 0.12),
    ("银联", "UP60", "2G", False, 0.04),
    ("银联", "UP800", "4G", True, 0.06),
    ("其他", "T8", "2G/3G/4G", False, 0.10),
    ("其他", "X5", "3G/4G", True, 0.06),
)
