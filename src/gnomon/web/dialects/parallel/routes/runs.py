"""Runs: create, list, read, and what they were asked for."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.errors import NotFound
from gnomon.core.service import House
from gnomon.core.service import task as service
from gnomon.core.task import Task, Visibility
from gnomon.web.answer import answer
from gnomon.web.dialects.parallel import render
