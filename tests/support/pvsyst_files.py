"""Synthetic PVsyst projects for tests, written with keys of which a public sample is known and no others."""

import math
from dataclasses import dataclass, field

MODULE = "ET-M772BH550GL.PAN"
INVERTER = "CPS-SCH275KTL-DO-US-800.OND"


@dataclass(frozen=True, kw_only=True)
class Plane:
    number: int = 1
    tilt: float = 25.0
    azimuth: float = 0.0
    kind: str = "FixedPlane"
    more: str = ""

    def text(self) -> str:
        # The keys of an orientation stand outside of its object, as in real files.
        return (
            f"    PVObject_=pvOrient\n      Comment=Plane {self.number}\n      Version=8.0.1\n      Flags=$00\n"
            f"    NoOrient={self.number}\n    FieldType={self.kind}\n    FieldTilt={self.tilt}\n"
            f"    FieldAzim={self.azimuth}\n{self.more}    End of TOrientGroup\n"
        )


@dataclass(frozen=True, kw_only=True)
class Sub:
    number: int = 1
    name: str = "PV Array"
    module: str = MODULE
    inverter: str = INVERTER
    series: int = 26
    strings: int = 54
    inverters: int = 3
    plane: int = 1
    more: dict[str, object] = field(default_factory=dict)
    iam: str = ""

    def text(self) -> str:
        keys = {
            "Comment": self.name,
            "Version": "8.0.1",
            "SubArrayId": self.number,
            "PVModule": self.module,
            "GInverter": self.inverter,
            "NModSerie": self.series,
            "NStringCh": self.strings,
            "NStrOrient1": self.strings,
            "NoOrientation": self.plane,
            "NInverter": self.inverters,
            "PQualityModP": "-0.50",
            "PMismMPP": "2.00",
            "LIDLoss": "1.50",
            "RSCablagePC": "1.20",
            **self.more,
        }
        lines = "".join(f"      {key}={value}\n" for key, value in keys.items() if value is not None)
        return f"    PVObject_=pvSubArray\n{lines}{self.iam}    End of PVObject pvSubArray\n"


def site(name: str, latitude: float, longitude: float, zone: float, altitude: float = 540) -> str:
    return (
        f"  PVObject_{name}=pvSite\n    Site=Bern\n    Country=Switzerland\n    Latitude={latitude}\n"
        f"    Longitude={longitude}\n    Altitude={altitude}\n    TimeZone={zone}\n"
        f"  End of PVObject pvSite\n"
    )


BERN = site("SitePrj", 46.95, 7.44, 1.0)
BERN_AGAIN = BERN.replace("SitePrj", "SiteSimul")
ALBEDO = "0.30,0.30,0.25,0.20,0.20,0.20,0.20,0.20,0.20,0.20,0.25,0.30,0.23,"


def project(place: str = BERN, albedo: str | None = ALBEDO, name: str = "Field of Bern") -> bytes:
    albedos = f"  Albedo={albedo}\n" if albedo else ""
    return (
        (
            f"PVObject_=pvProject\n  Comment={name}\n  Version=8.0.1\n  MeteoFileName=Bern_SYN.MET\n{place}{albedos}"
            "End of PVObject pvProject\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def horizon(*points: tuple[float, float]) -> str:
    listed = "".join(f"      Point_{i}={azimuth},{height}\n" for i, (azimuth, height) in enumerate(points, 1))
    return (
        "  PVObject_Horizon=pvHorizon\n    HorProfile=TCubicProfile\n      NPtsMax=20\n"
        f"      NPtsEff={len(points)}\n{listed}      Point_{len(points) + 1}=0.0,0.0\n    End of TCubicProfile\n"
        "  End of PVObject pvHorizon\n"
    )


def circuit(*nodes: tuple[int, int, int]) -> str:
    """Write a circuit of nodes (sub-array, inverters, strings on each)."""
    inner = "".join(
        f"          InverterNode Start;\n            NElements={inverters}\n            SubArrayId={number}\n"
        f"            Children=Start\n              StringNode Start;\n                NElements={strings}\n"
        f"                SubArrayId={number}\n              StringNode End;\n            Children=End\n"
        f"          InverterNode End;\n"
        for number, inverters, strings in nodes
    )
    return (
        "  PVObject_SystemCircuit=pvCircuit\n    BaseNode=Start\n      InjectionPointNode Start;\n"
        f"        Children=Start\n{inner}        Children=End\n      InjectionPointNode End;\n"
        "    BaseNode=End\n  End of PVObject pvCircuit\n"
    )


def variant(
    *subs: Sub,
    planes: tuple[Plane, ...] = (Plane(),),
    place: str = BERN_AGAIN,
    array: str = "  UFactor=29.0\n  SoilingLoss=3.0\n  UseSpectralCorr=False\n",
    wiring: str = "",
    system: str = "  PVObject_System=pvSystem\n    SystemType=Grid\n  End of PVObject pvSystem\n",
    more: str = "",
    weather: str = "Bern_SYN.MET",
    name: str = "Basic system",
) -> bytes:
    listed = "".join(plane.text() for plane in planes)
    arrays = "".join(sub.text() for sub in subs or (Sub(),))
    return (
        (
            f"PVObject_=pvVCalcul\n  Comment={name}\n  Version=8.0.1\n{place}"
            f"  PVObject_MeteoSimul=pvMeteo\n    NomF={weather}\n    HourShift=0\n    TimeShift=0\n"
            "  End of PVObject pvMeteo\n"
            f"  Orientations, list of={len(planes)} TOrientGroup\n{listed}  End of Orientations\n"
            "  PerezUsedInSimul=True\n  TranspositionAlgorithm=CircSolSeparate\n"
            f"  PVObject_PVMainArray=pvMainArray\n    Flags=$00100400\n{array}{wiring}  SubArrays=Start\n"
            f"{arrays}  EndTags\n"
            f"  End of PVObject pvMainArray\n{system}{more}End of PVObject pvVCalcul\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def weather_csv(hours: int = 8760) -> bytes:
    """Write a year of plain days in PVsyst's standard form."""
    lines = [
        "#Meteo hourly data",
        "#Site;Bern",
        "#Latitude;46.95",
        "#Longitude;7.44",
        "#Altitude;540",
        "#Time Zone;1",
        "Year;Month;Day;Hour;Minute;GHI;DHI;Tamb;WindVel",
        ";;;;;W/m2;W/m2;deg.C;m/s",
    ]
    days = [(month, day + 1) for month, count in enumerate(_DAYS, 1) for day in range(count)]
    for number in range(hours):
        month, day = days[number // 24]
        height = max(math.sin(math.pi * (number % 24 - 6) / 12), 0.0)
        lines.append(f"1990;{month};{day};{number % 24};0;{700 * height:.1f};{250 * height:.1f};12.0;2.0")
    return "\r\n".join(lines).encode()


_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
