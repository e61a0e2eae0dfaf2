"""Every garment that can be drawn, by category and cut."""

from collections.abc import Callable, Mapping

from local.demo.canvas import Sheet
from local.demo.garments import (
    bottoms,
    coats,
    dresses,
    hats,
    jackets,
    knits,
    shirts,
    shoes,
    shorts,
    skirts,
    tshirts,
)
from local.demo.spec import GarmentSpec

Draw = Callable[[Sheet, GarmentSpec], None]

CUTS: Mapping[str, Mapping[str, Draw]] = {
    "dress": {
        "a-line": dresses.draw_a_line,
        "wrap": dresses.draw_wrap,
        "slip": dresses.draw_slip,
        "maxi": dresses.draw_maxi,
        "shirt-dress": dresses.draw_shirt_dress,
        "knit": dresses.draw_knit,
    },
    "hat": {
        "cap": hats.draw_cap,
        "beanie": hats.draw_beanie,
        "sun-hat": hats.draw_sun_hat,
        "fedora": hats.draw_fedora,
        "bucket": hats.draw_bucket,
        "beret": hats.draw_beret,
    },
    "longsleeve": {
        "tee": knits.draw_long_tee,
        "sweater": knits.draw_sweater,
        "v-neck": knits.draw_vee_sweater,
        "turtleneck": knits.draw_turtleneck,
        "cardigan": knits.draw_cardigan,
        "hoodie": knits.draw_hoodie,
    },
    "outwear": {
        "trench": coats.draw_trench,
        "blazer": coats.draw_blazer,
        "wool-coat": coats.draw_wool_coat,
        "raincoat": coats.draw_raincoat,
        "puffer": jackets.draw_puffer,
        "denim-jacket": jackets.draw_denim,
        "bomber": jackets.draw_bomber,
        "biker": jackets.draw_biker,
    },
    "pants": {
        "jeans": bottoms.draw_jeans,
        "chinos": bottoms.draw_chinos,
        "wide-leg": bottoms.draw_wide,
        "tailored": bottoms.draw_tailored,
        "joggers": bottoms.draw_joggers,
        "cargo": bottoms.draw_cargo,
        "leggings": bottoms.draw_leggings,
    },
    "shirt": {
        "oxford": shirts.draw_oxford,
        "flannel": shirts.draw_flannel,
        "camp-collar": shirts.draw_camp,
        "blouse": shirts.draw_blouse,
        "band-collar": shirts.draw_band_collar,
    },
    "shoes": {
        "sneaker": shoes.draw_sneaker,
        "high-top": shoes.draw_high_top,
        "loafer": shoes.draw_loafer,
        "ankle-boot": shoes.draw_ankle_boot,
        "heel": shoes.draw_heel,
        "sandal": shoes.draw_sandal,
    },
    "shorts": {
        "chino": shorts.draw_chino,
        "denim": shorts.draw_denim,
        "running": shorts.draw_running,
        "bermuda": shorts.draw_bermuda,
        "linen": shorts.draw_linen,
    },
    "skirt": {
        "a-line": skirts.draw_a_line,
        "pleated": skirts.draw_pleated,
        "pencil": skirts.draw_pencil,
        "tiered": skirts.draw_tiered,
        "denim": skirts.draw_denim,
        "wrap": skirts.draw_wrap,
    },
    "t-shirt": {
        "crew": tshirts.draw_crew,
        "v-neck": tshirts.draw_vee,
        "oversized": tshirts.draw_oversized,
        "graphic": tshirts.draw_graphic,
        "tank": tshirts.draw_tank,
        "polo": tshirts.draw_polo,
    },
}
