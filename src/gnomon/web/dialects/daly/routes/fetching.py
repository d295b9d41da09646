"""Weather that a provider has: a task asks for it, and the answer waits for its record a while."""

from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid
from gnomon.core.service import House
from gnomon.core.service.resource import get_resource
from gnomon.core.service.task import find_again, find_workload, submit
from gnomon.core.task import Json, Status, Task
from gnomon.web.answer import answer
from gnomon.web.desk import Writer
from gnomon.web.dialects.daly.desk import Desk
from gnomon.web.dialects.daly.nouns import LOCATION, WEATHER, WEATHER_FETCH
from gnomon.web.dialects.daly.render.task import made_by
from gnomon.web.dialects.daly.render.weather import render_fetched, render_fetching, render_unfetched
from gnomon.web.dialects.daly.routes.placing import place
from gnomon.web.dialects.daly.wire.weather import WeatherWish, providers_of, read_wish
from gnomon.web.problems import Malformed
from gnomon.web.reservation import replay_headers, reserve


async def fetch_weather(request: Request, desk: Desk, writer: Writer, body: Json) -> Response:
    """Submit the task, and answer the record it saves, or which task will.

    Raises
    ------
    Malformed
        When the wish is none; the message names what to send.
    NotFound
        When there is no such location.
    """
    try:
        workload = find_workload(desk.house, WEATHER_FETCH)
    except Invalid as error:
        message = "This server asks no providers of weather; send the arrays to POST /weatherdata."
        raise Invalid([Complaint(("provider",), message, "not_offered")]) from error
    wish = read_wish(body, providers_of(workload.input_schema))
    kept = await reserve(request, writer)
    submitted = await find_again(desk.house, writer, kept)
    if submitted is None:
        try:
            order = await _order(desk.house, writer, wish)
            submitted = await submit(desk.house, writer, WEATHER_FETCH, order, reservation=kept)
        except Invalid as error:
            raise Malformed(error.complaints) from error
    task = await desk.await_end(request, writer, submitted.task.id)
    return await _answer(desk, writer, task, is_replay=submitted.is_replay)


async def _order(house: House, writer: Principal, wish: WeatherWish) -> dict[str, Json]:
    """Return the task's input: with the coordinates of the location and both of its ids."""
    if not wish.has_location:
        return {**wish.order, **wish.place}
    placed = await place(house, writer, wish.located)
    number = placed["locationId"]
    location = await get_resource(house, writer, LOCATION.kind, number, is_whole=True)
    return {
        **wish.order,
        "latitude": location.document["latitude"],
        "longitude": location.document["longitude"],
        "utcOffset": location.document["timeZone"],
        "locationId": number,
        "globalLocationId": location.id,
    }


async def _answer(desk: Desk, writer: Principal, task: Task, *, is_replay: bool) -> Response:
    headers = replay_headers(is_replay=is_replay)
    if task.status.is_active:
        return answer(render_fetching(task), headers={**headers, "Retry-After": "5"})
    made = made_by(task) if task.status is Status.COMPLETED else None
    if made is None:
        status, body = render_unfetched(task)
        return answer(body, status=status, headers=headers)
    resource = await get_resource(desk.house, writer, WEATHER.kind, made[1])
    return answer(render_fetched(resource, task), headers=headers)
