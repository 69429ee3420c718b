"""Developer metadata: marks that stay with a row (developers.google.com/workspace/sheets/api/guides/metadata)."""

from __future__ import annotations

import copy

from integrations.workspace_emulator.calls import Json
from integrations.workspace_emulator.errors import invalid
from integrations.workspace_emulator.spreadsheets import Spreadsheet

LOOKED_AT = ("metadataId", "metadataKey", "metadataValue", "visibility")


def create_mark(file: Spreadsheet, request: Json) -> Json:
    """A new mark. An id of the client's own is honoured; one that is taken already fails."""
    asked = copy.deepcopy(request.get("developerMetadata", {}))
    if not asked.get("metadataKey"):
        raise invalid("developerMetadata.metadataKey is required.")
    if asked.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("developerMetadata.visibility is required.")
    number = asked.setdefault("metadataId", max(file.metadata, default=0) + 1)
    if number in file.metadata:
        raise invalid(f"Developer metadata with ID {number} already exists.")
    asked["location"] = _settled(file, asked.get("location", {}))
    file.metadata[number] = asked
    return {"developerMetadata": copy.deepcopy(asked)}


def update_marks(file: Spreadsheet, request: Json) -> Json:
    """Change the fields of the mask on every mark that a filter finds."""
    names = [path.strip() for path in request.get("fields", "").split(",")]
    asked = request.get("developerMetadata", {})
    changed = []
    for mark in matching(file, request.get("dataFilters", [])):
        for name in asked if names == ["*"] else names:
            if name not in ("metadataKey", "metadataValue", "visibility", "location") or name not in asked:
                raise invalid(f"Cannot change {name} of developer metadata.")
            mark[name] = _settled(file, asked[name]) if name == "location" else asked[name]
        changed.append(copy.deepcopy(mark))
    return {"developerMetadata": changed}


def delete_marks(file: Spreadsheet, request: Json) -> Json:
    """Remove every mark that the filter finds."""
    gone = matching(file, [request.get("dataFilter", {})])
    for mark in gone:
        del file.metadata[mark["metadataId"]]
    return {"deletedDeveloperMetadata": gone}


def matching(file: Spreadsheet, filters: list[Json]) -> list[Json]:
    """The marks that any of the filters finds. Raises ApiError 400 for a filter that is not a lookup."""
    return [mark for mark in file.metadata.values() if any(fits(mark, data_filter) for data_filter in filters)]


def fits(mark: Json, data_filter: Json) -> bool:
    """Whether a mark is what a DataFilter looks for."""
    if "developerMetadataLookup" not in data_filter:
        raise invalid("The local Workspace knows only data filters with a developerMetadataLookup.")
    lookup = data_filter["developerMetadataLookup"]
    if any(name in lookup and lookup[name] != mark.get(name) for name in LOOKED_AT):
        return False
    location = mark["location"]
    if "locationType" in lookup and lookup["locationType"] != location["locationType"]:
        return False
    place = lookup.get("metadataLocation")
    if place is None:
        return True
    if "sheetId" in place and lookup.get("locationMatchingStrategy") == "INTERSECTING_LOCATION":
        held = location.get("dimensionRange", {}).get("sheetId", location.get("sheetId"))
        return bool(held == place["sheetId"])
    return all(location.get(name) == place[name] for name in place)


def _settled(file: Spreadsheet, location: Json) -> Json:
    if "dimensionRange" in location:
        place = location["dimensionRange"] | {"sheetId": location["dimensionRange"].get("sheetId", 0)}
        place.setdefault("startIndex", 0)
        tab = file.tab(place["sheetId"])
        size = {"ROWS": len(tab.rows), "COLUMNS": tab.columns}.get(place.get("dimension", ""), 0)
        if place.get("endIndex") != place["startIndex"] + 1 or place["endIndex"] > size:
            raise invalid("Developer metadata can be put on one row or column only, within the sheet.")
        return {"locationType": "ROW" if place["dimension"] == "ROWS" else "COLUMN", "dimensionRange": place}
    if "sheetId" in location:
        return {"locationType": "SHEET", "sheetId": file.tab(location["sheetId"]).sheet_id}
    if location.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    raise invalid("developerMetadata.location is required.")
