"""Projects and variants written for the tests, in PVsyst's own manner and with no key that has no public source."""

from collections.abc import Mapping

MONTHS = "65.5,87.9,136.0,170.0,199.4,215.0,221.6,198.8,163.7,116.2,75.3,65.1,1714.5,"


def indented(text: str, depth: int = 1) -> str:
    """Move a block to the right."""
    return "".join(f"{'  ' * depth}{line}\n" if line else "\n" for line in text.splitlines())


def keys(given: Mapping[str, object]) -> str:
    """Write pairs."""
    return "".join(f"{key}={value}\n" for key, value in given.items())


def obj(name: str, kind: str, given: Mapping[str, object], *inner: str) -> str:
    """Write an object that is closed by its type."""
    body = indented(keys(given) + "".join(inner))
    return f"PVObject_{name}={kind}\n{body}End of PVObject {kind}\n"


def profile(name: str, points: tuple[tuple[float, float], ...], padding: int = 2) -> str:
    """Write a cubic profile with padding."""
    written = [*points, *[(0, 0)] * padding]
    head = {"NPtsMax": len(written), "NPtsEff": len(points), "LastCompile": "$B18D", "Mode": 3}
    rows = {f"Point_{i}": f"{x},{y}" for i, (x, y) in enumerate(written, start=1)}
    return f"{name}=TCubicProfile\n{indented(keys({**head, **rows}))}End of TCubicProfile\n"


def site(name: str, **given: object) -> str:
    """Write a site."""
    own = {
        "Comment": "California;United States;North_America;",
        "Flags": "$0006283F",
        "NomF": "California_MN82.SIT",
        "Site": "California",
        "Country": "United States",
        "Region": "North_America",
        "Source": "Meteonorm 8.2",
        "Latitude": 37.8357,
        "Longitude": -122.2866,
        "Altitude": 15,
        "TimeZone": -8.0,
        "UnitsDisp": "kWh_m2_m",
        "Albedo": 0.20,
        "GlobalH": MONTHS,
        "DiffuseH": MONTHS,
        "TAmb": "8.96,10.53,12.72,13.80,16.01,17.57,18.36,18.23,17.69,15.72,12.01,9.31,14.26,",
        "WindVel": "1.80,2.40,2.90,3.49,3.79,3.80,3.68,3.41,2.80,2.29,1.79,1.99,2.85,",
        "Linke": "2.8,2.909,2.882,2.957,3.176,2.989,3.03,2.837,2.893,2.838,2.681,2.747,2.895,",
        "RelHum": "0.819,0.774,0.718,0.682,0.663,0.663,0.69,0.713,0.705,0.688,0.757,0.795,0.722,",
        "Extraterr": "142.6,171.3,246.2,294.3,342.6,347.3,351,319.9,260.5,210.2,151.3,130.3,2967.5,",
        "YrToYrVar": 6.1,
    }
    return obj(name, "pvSite", {**own, **given})


def orientation(number: int, *, own_end: bool = False, **given: object) -> str:
    """Write an orientation, whose keys stand outdented up to the end of its group."""
    start = "PVObject_=pvOrient\n" + indented(
        keys({"Comment": f"Plane {number}", "Version": "8.0.1", "Flags": "$00"})
    )
    own = {
        "NoOrient": number,
        "FieldType": "FixedPlane",
        "FieldTilt": 15.0,
        "FieldAzim": 0.0,
        "BaseSlope": 1.5,
    }
    end = "End of PVObject pvOrient\n" if own_end else ""
    return f"{start}{end}{keys({**own, 'BTNoTrackers': '-1,-1,', **given})}End of TOrientGroup\n"


def orientations(*written: str) -> str:
    """Write the list of the orientations."""
    return f"Orientations, list of={len(written)} TOrientGroup\n\n{indented(''.join(written))}End of Orientations\n"


IAM = obj(
    "IAM",
    "pvIAM",
    {
        "Flags": "$00",
        "IAMMode": "UserProfile",
        "B0_IAM": 0.05,
        "N_Glass": 1.526,
        "N_EVA": 1.49,
        "N_ARCoating": 1.29,
    },
    profile("IAMProfile", ((0, 1), (50, 0.98), (70, 0.89), (90, 0))),
)


def sub_array(number: int, *inner: str, **given: object) -> str:
    """Write a sub-array."""
    own = {
        "Comment": f"Array {number}",
        "Version": "8.0.1",
        "SubArrayId": number,
        "PVModule": "Generic_440W.PAN",
        "GInverter": "Generic_60kW.OND",
        "NModSerie": 25,
        "NStringCh": 40,
        "NStrOrient1": 40,
        "NoOrientation": 1,
        "NInverter": 6,
        "NInvMPPT": 1,
        "AreaSizing": 2037.8,
        "PNomSizing": 400.0,
        "PowerSharingInverterId": 3,
        "PNomAC_InMPPT": 60.0,
        "PQualityModU": 1.0,
        "PQualityModI": 2.0,
        "PQualityModP": -0.75,
        "PMismMPP": 2.0,
        "PMismUFixe": 2.5,
        "LIDLoss": 1.5,
        "LightSoaking": 0.5,
        "RSCablageCh": 36.912,
        "RSCablagePC": 1.5,
        "VDiodeSerie": 0.7,
        "ACWireLength": 12.0,
        "ACWireNoSect": 2,
    }
    return obj("", "pvSubArray", {**own, **given}, *inner)


def inverter(count: int, number: int, *strings: str) -> str:
    """Write inverters of the circuit."""
    own = indented(keys({"NElements": count, "SubArrayId": number, "SubArrayName": f"Array {number}"}))
    inner = indented(f"Children=Start\n{indented(''.join(strings))}Children=End\n")
    return f"InverterNode Start;\n{own}{inner}InverterNode End;\n"


def strings(count: int, number: int, resistance: str = "36.9 mΩ") -> str:
    """Write strings of the circuit."""
    own = keys({"NElements": count, "SubArrayId": number, "SubArrayName": f"Array {number}"})
    cable = f"CableDefinition=Start\n    Resistance={resistance}\nCableDefinition=End\n"
    return f"StringNode Start;\n{indented(own + cable)}StringNode End;\n"


def circuit(*inverters: str) -> str:
    """Write the circuit."""
    children = f"Children=Start\n{indented(''.join(inverters))}Children=End\n"
    node = f"InjectionPointNode Start;\n{indented(children)}InjectionPointNode End;\n"
    inner = f"BaseNode=Start\n{indented(node)}BaseNode=End\n"
    return obj("SystemCircuit", "pvCircuit", {"Version": "8.0.1", "PaperOrient": "poPortrait"}, inner)


def main_array(*inner: str, outdented: bool = True, **given: object) -> str:
    """Write the main array, whose keys are outdented in mid-object as PVsyst 8.0 writes them."""
    own = keys(
        {
            "Flags2": "$082A",
            "UFactor": 20.0,
            "Alpha": 0.9,
            "UFAverEffic": 19.7,
            "SoilingLoss": 3.0,
            "MVNbTransfos": 1,
            "UseSpectralCorr": False,
            **given,
        }
    )
    start = "PVObject_PVMainArray=pvMainArray\n    Flags=$00100400\n"
    return f"{start}{own if outdented else indented(own)}{''.join(inner)}End of PVObject pvMainArray\n"


def sub_arrays(*written: str) -> str:
    """Write the list of the sub-arrays."""
    return f"SubArrays=Start\n{indented(''.join(written))}EndTags\n"


def horizon(*points: tuple[float, float]) -> str:
    """Write a horizon."""
    return obj("Horizon", "pvHorizon", {"Comment": "Far hills", "Flags": "$0003"}, profile("Profile", points))


SHADING = obj(
    "Ombrage",
    "pvShading",
    {"Comment": "Trees", "Flags": "$00020000", "Precision": 1, "FracOmbreMod": 1.0, "FracOmbreThin": 0.4},
    "ListeObjets, list of=2 TShdObject\n  Height=4.5\n  Width=2\nEnd of ListeObjets\n",
    obj("ShdTable", "pvShdTable", {"Row_1": "0.0,0.1,"}),
)
PLOTS = "SimulPlots=Start\n" + obj("", "pvSimulPlot", {"Comment": "A", "VarX": "GlobInc"}) * 2 + "EndTags\n"
METEO = obj(
    "MeteoSimul",
    "pvMeteo",
    {
        "NomF": "California_SYN.MET",
        "SiteM": "California",
        "SourceM": "Meteonorm 8.2",
        "TypeM": "Synthetic",
        "NomFSource": "California_MN82.SIT",
        "NomFormat": "Meteonorm",
        "DateDebF": "01/01/90 00:00",
        "DateFinF": "31/12/90 23:00",
        "IsSourceUt": False,
        "HourShift": 1,
        "TimeShift": 30,
        "PasAccum": 60,
        "FirstRandomSeed": 1,
    },
    site("SiteMet", NomF="New.SIT"),
)
HEAD = {
    "Comment": "Two = fields",
    "Version": "8.0.1",
    "Flags": "$80000000",
    "DateDebS": "01/01/90 00:00",
    "DateFinS": "31/12/90 23:00",
    "DateCalcul": "03/09/24 13:07",
    "VersionSimul": "8.0.0",
    "SimDuration": 1953,
    "SystemKind": "Linear shadings",
    "PerezUsedInSimul": True,
    "TranspositionAlgorithm": "CircSolSeparate",
    "ACLossesRef": "STC",
}
SYSTEM = obj(
    "System",
    "pvSystem",
    {"Flags": "$00", "SystemType": "Grid", "PLimGrid": 500.0, "LimGrSeparLoss": True, "TanPhi": 0.1},
)


def variant(*parts: str, **head: object) -> str:
    """Write a variant."""
    return obj("", "pvVCalcul", {**HEAD, **head}, *parts)


FULL = variant(
    site("SiteSimul"),
    METEO,
    orientations(orientation(1, FieldAzim=-20), orientation(2, own_end=True, FieldTilt=30, FieldAzim=90)),
    main_array(
        circuit(
            inverter(2, 1, strings(6, 1)),
            inverter(4, 1, strings(7, 1)),
            inverter(3, 2, strings(10, 2, "0.05 Ω")),
        ),
        sub_arrays(
            sub_array(1, IAM), sub_array(2, NoOrientation=2, NStringCh=30, NStrOrient1=30, NInverter=3)
        ),
    ),
    SYSTEM,
    SHADING,
    horizon((-120, 3.5), (0, 2), (110, 8)),
    PLOTS,
)
PROJECT = obj(
    "",
    "pvProject",
    {"Comment": "A plant", "Version": "8.0.1", "Flags": "$00080010"},
    "PrintSettings=TPrintSettings\nPrintCoverPage=True\nClientDesignation=Client\nUserDesignation=Author\nEndTags\n",
    keys({"MeteoFileName": "California_SYN.MET", "MeteoFileDate": "28/08/24 13:36"}),
    site("SitePrj"),
    keys(
        {
            "Albedo": "0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.3,",
            "DesignTempMin": -10,
            "TempOper": 50,
            "TempOperMin": 20,
            "TempOperMax": 60,
            "LimOverloadLoss": 3.0,
            "DiscrOrientDiff": 6.0,
            "TranspositionAlgorithm": "CircSolSeparate",
            "ACLossesRef": "STC",
        }
    ),
)
