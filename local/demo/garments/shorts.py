"""Shorts: chino, denim, running, Bermuda, linen."""

from dataclasses import replace

from local.demo.canvas import Sheet
from local.demo.curves import outline, smooth
from local.demo.garments.blocks import CENTER, SIDES, flip
from local.demo.garments.legs import (
    THREAD,
    Leg,
    draw_jeans_front,
    draw_legs,
    draw_smart_front,
    draw_soft_front,
)
from local.demo.spec import COLORS, GarmentSpec

SHORT = Leg(waist=160, top=262, hip=(206, 440), crotch=560, knee=(222, 13, 660), hem=(234, 18, 786))


def draw_chino(sheet: Sheet, spec: GarmentSpec) -> None:
    legs = draw_legs(sheet, spec, SHORT)
    draw_smart_front(sheet, spec, SHORT, legs, height=50)
    for panel, side in zip(legs, SIDES, strict=True):
        sheet.stroke([flip(SHORT.hem_line(24), side)], spec.dark, 1.2, 0.45, dash=(5, 3), clip=panel)


def draw_denim(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = replace(SHORT, hem=(232, 17, 730), knee=(222, 13, 650))
    legs = draw_legs(sheet, spec, leg)
    for side in SIDES:
        sheet.panel(flip(leg.cuff(46, 4), side), spec.plain(shift=0.22), puff=22, cast=0.3, edge=0.6)
    draw_jeans_front(sheet, spec, leg, legs, thread=THREAD, height=52)


def draw_running(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = replace(SHORT, hem=(246, 14, 712), knee=(228, 11, 640))
    legs = draw_legs(sheet, spec, leg, strength=0.8)
    trim = COLORS[spec.accent]
    for panel, side in zip(legs, SIDES, strict=True):
        flash = outline(
            [(CENTER + 172, 300), (CENTER + 194, 470), (CENTER + 188, 640), (CENTER + 150, 740)],
            [(CENTER + 270, 740)],
            [(CENTER + 190, 300)],
        )
        sheet.fill(flip(flash, side), trim, 0.95, panel)
        edge = flip(
            smooth([(CENTER + 172, 300), (CENTER + 194, 470), (CENTER + 188, 640), (CENTER + 150, 740)]), side
        )
        sheet.stroke([edge, flip(leg.hem_line(6), side)], trim, 4.0, 0.95, clip=panel)
    draw_soft_front(sheet, spec, leg, legs, pockets=False)


def draw_bermuda(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = replace(
        SHORT, top=206, hip=(196, 390), crotch=520, knee=(206, 15, 660), hem=(210, 24, 850), waist=154
    )
    legs = draw_legs(sheet, spec, leg, strength=0.8)
    draw_smart_front(sheet, spec, leg, legs, height=50)
    for panel, side in zip(legs, SIDES, strict=True):
        crease = [(CENTER + 88, 262), (CENTER + 112, 560), (CENTER + 122, 862)]
        sheet.stroke([flip(smooth(crease), side)], spec.dark, 1.8, 0.4, clip=panel)
        sheet.panel(flip(leg.cuff(44), side), spec.cloth, puff=22, cast=0.25, edge=0.5)


def draw_linen(sheet: Sheet, spec: GarmentSpec) -> None:
    leg = replace(SHORT, hem=(244, 16, 752), knee=(230, 12, 650))
    legs = draw_legs(sheet, spec, leg, strength=1.2)
    draw_soft_front(sheet, spec, leg, legs)
    for panel, side in zip(legs, SIDES, strict=True):
        sheet.stroke([flip(leg.hem_line(24), side)], spec.dark, 1.2, 0.45, dash=(5, 3), clip=panel)
