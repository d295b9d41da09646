"""The seams: what the house asks of a store, of a place for blobs, and of the clock.

Each verb of a store is one transaction. Commands and answers are records; all times are aware UTC and come from the
caller. A verb that changes a task writes the event that says so, and the store tells the hub after the commit.
"""

from gnomon.core.ports.access import AccessStore as AccessStore
from gnomon.core.ports.blob import BlobStore as BlobStore
from gnomon.core.ports.blob import StagingStore as StagingStore
from gnomon.core.ports.group import Added as Added
from gnomon.core.ports.group import AddMembers as AddMembers
from gnomon.core.ports.group import GroupStore as GroupStore
from gnomon.core.ports.group import Member as Member
from gnomon.core.ports.group import MemberQuery as MemberQuery
from gnomon.core.ports.hook import AttemptMade as AttemptMade
from gnomon.core.ports.hook import ChangeEndpoint as ChangeEndpoint
from gnomon.core.ports.hook import DeliveryQuery as DeliveryQuery
from gnomon.core.ports.hook import HookStore as HookStore
from gnomon.core.ports.hook import RotateSecret as RotateSecret
from gnomon.core.ports.library import Library as Library
from gnomon.core.ports.member import Founding as Founding
from gnomon.core.ports.member import MemberStore as MemberStore
from gnomon.core.ports.resource import ResourceQuery as ResourceQuery
from gnomon.core.ports.resource import ResourceStore as ResourceStore
from gnomon.core.ports.schedule import Calendar as Calendar
from gnomon.core.ports.schedule import ChangeSchedule as ChangeSchedule
from gnomon.core.ports.schedule import ScheduleQuery as ScheduleQuery
from gnomon.core.ports.schedule import ScheduleStore as ScheduleStore
from gnomon.core.ports.seam import GUESS_HOLDS as GUESS_HOLDS
from gnomon.core.ports.seam import Clock as Clock
from gnomon.core.ports.seam import Page as Page
from gnomon.core.ports.seam import Reservation as Reservation
from gnomon.core.ports.seam import Reserved as Reserved
from gnomon.core.ports.seam import Vault as Vault
from gnomon.core.ports.session import SessionQuery as SessionQuery
from gnomon.core.ports.session import SessionStore as SessionStore
from gnomon.core.ports.session import Turn as Turn
from gnomon.core.ports.skill import NO_SKILLS as NO_SKILLS
from gnomon.core.ports.skill import Skills as Skills
from gnomon.core.ports.store import Store as Store
from gnomon.core.ports.task import Attempt as Attempt
from gnomon.core.ports.task import Crowd as Crowd
from gnomon.core.ports.task import Given as Given
from gnomon.core.ports.task import NewDocument as NewDocument
from gnomon.core.ports.task import Rerun as Rerun
from gnomon.core.ports.task import RunResource as RunResource
from gnomon.core.ports.task import Submit as Submit
from gnomon.core.ports.task import Submitted as Submitted
from gnomon.core.ports.task import TaskQuery as TaskQuery
from gnomon.core.ports.task import TaskStore as TaskStore
from gnomon.core.ports.work import Claim as Claim
from gnomon.core.ports.work import Finish as Finish
from gnomon.core.ports.work import Holding as Holding
from gnomon.core.ports.work import Load as Load
from gnomon.core.ports.work import Report as Report
from gnomon.core.ports.work import Swept as Swept
from gnomon.core.ports.work import WorkStore as WorkStore
