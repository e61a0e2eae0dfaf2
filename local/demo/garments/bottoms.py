"""Trousers: jeans, chinos, wide-leg, tailored, joggers, cargo, leggings."""

from local.demo.canvas import Sheet
from local.demo.curves import outline, shift, smooth
from local.demo.garments.blocks import CENTER, SIDES, flip
from local.demo.garments.details import flap_pocket
from local.demo.garments.legs import (
    THREAD,
    Leg,
    draw_jeans_front,
    draw_legs,
    draw_smart_front,
    draw_soft_front,
)
from local.demo.garments.skirtwork import waistband
from local.demo.patterns import mix
from local.demo.spec import COLORS, GarmentSpec


def draw_jeans(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg()
    legs = draw_legs(sheet, spec, leg)
    draw_jeans_front(sheet, spec, leg, legs, thread=THREAD)
    for panel, side in zip(legs, SIDES, strict=True):
        sheet.stroke(
            [flip(leg.hem_line(r), side) for r in (14, 19)], THREAD, 1.3, 0.7, dash=(6, 3), clip=panel
        )
        fade = outline(
            [
                (CENTER + 60, 330),
                (CENTER + 118, 380),
                (CENTER + 116, 620),
                (CENTER + 88, 690),
                (CENTER + 66, 560),
                (CENTER + 60, 330),
            ]
        )
        sheet.shade(flip(fade, side), -0.26, 26, panel)


def draw_chinos(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(knee=(146, 44, 640), hem=(130, 58, 944))
    legs = draw_legs(sheet, spec, leg)
    draw_smart_front(sheet, spec, leg, legs)
    for panel, side in zip(legs, SIDES, strict=True):
        sheet.stroke([flip(leg.hem_line(18), side)], spec.dark, 1.2, 0.45, dash=(5, 3), clip=panel)


def draw_wide(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(waist=112, hip=(162, 310), crotch=420, knee=(196, 22, 660), hem=(232, 16, 958))
    legs = draw_legs(sheet, spec, leg, swing=True)
    draw_smart_front(sheet, spec, leg, legs, height=54)
    for panel, side in zip(legs, SIDES, strict=True):
        for x, sway in ((44, 18), (74, 34)):
            pleat = smooth([(CENTER + x, 122), (CENTER + x + 4, 210), (CENTER + x + sway, 330)])
            sheet.stroke([flip(pleat, side)], spec.dark, 1.5, 0.4, clip=panel)


def draw_tailored(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(knee=(148, 40, 640), hem=(134, 46, 952))
    legs = draw_legs(sheet, spec, leg, strength=0.55)
    for panel, side in zip(legs, SIDES, strict=True):
        crease = [(CENTER + 66, 150), (CENTER + 88, 400), (CENTER + 92, 640), (CENTER + 90, 960)]
        sheet.stroke(
            [flip(smooth(crease), side)], mix(spec.rgb, (255, 255, 255), 0.35), 2.2, 0.45, clip=panel
        )
        sheet.stroke([flip(shift(smooth(crease), 2.4, 0), side)], spec.dark, 2.0, 0.45, clip=panel)
    draw_smart_front(sheet, spec, leg, legs)


def draw_joggers(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(waist=124, hip=(160, 300), knee=(154, 38, 640), hem=(112, 54, 936))
    legs = draw_legs(sheet, spec, leg, strength=1.25)
    rib = spec.plain("rib")
    for side in SIDES:
        sheet.panel(flip(leg.cuff(46, -2), side), rib, puff=22, cast=0.2, relief=0.3)
    draw_soft_front(sheet, spec, leg, legs)
    for panel, side in zip(legs, SIDES, strict=True):
        stripe = smooth([(CENTER + 132, 150), (CENTER + 146, 300), (CENTER + 142, 640), (CENTER + 106, 890)])
        if spec.accent != spec.color and spec.pattern == "plain" and spec.accent != "white":
            sheet.stroke([flip(stripe, side)], COLORS[spec.accent], 7.0, 0.9, clip=panel)


def draw_cargo(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(knee=(168, 34, 640), hem=(152, 44, 946))
    legs = draw_legs(sheet, spec, leg, strength=1.3)
    draw_smart_front(sheet, spec, leg, legs)
    for side in SIDES:
        sheet.shade(
            flip([(CENTER + 84, 470), (CENTER + 170, 470), (CENTER + 170, 620), (CENTER + 84, 620)], side),
            0.22,
            10,
        )
        flap_pocket(
            sheet,
            spec,
            (CENTER + side * 124, 470),
            (88, 40),
            button=mix(spec.rgb, (20, 16, 14), 0.45),
            patch=130,
        )
        knee = flip(smooth([(CENTER + 30, 690), (CENTER + 100, 702), (CENTER + 180, 690)]), side)
        sheet.stroke([knee], spec.dark, 1.5, 0.5, clip=legs[0 if side > 0 else 1])


def draw_leggings(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = Leg(waist=106, hip=(142, 290), crotch=392, knee=(112, 30, 640), hem=(82, 38, 946))
    legs = draw_legs(sheet, spec, leg, strength=0.7)
    shape_seam = [(CENTER + 122, 230), (CENTER + 96, 420), (CENTER + 92, 640), (CENTER + 70, 940)]
    for panel, side in zip(legs, SIDES, strict=True):
        sheet.stroke([flip(smooth(shape_seam), side)], spec.dark, 1.3, 0.55, clip=panel)
    waistband(sheet, spec, 88, 84, 102, 118, cloth=spec.plain())
