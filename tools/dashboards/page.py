"""A dashboard: its variables, its rows of panels, and what all dashboards of Landfall share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from dashboards.panels import DATASOURCE, Panel

TAG = "landfall"
GRID_WIDTH = 24
REFRESH = "1m"

Variable = Builder[dashboard.VariableModel]


class Event(dashboard.AnnotationQuery):
    """An annotation over Prometheus; the fields that its data source adds to Grafana's own are not in the SDK."""

    def __init__(self, name: str, expr: str, *, title: str, text: str, tags: str, colour: str) -> None:
        """Make it from a query whose samples above 0 are the event; `tags` are labels, joined by commas."""
        super().__init__(name=name, datasource=DATASOURCE, enable=True, hide=False, icon_color=colour, expr=expr)
        self.more = {"titleFormat": title, "textFormat": text, "tagKeys": tags, "step": "1m", "useValueForTime": False}

    def to_json(self) -> dict[str, object]:
        """Return what Grafana keeps."""
        return super().to_json() | self.more


class EventBuilder(Builder[dashboard.AnnotationQuery]):
    """What the SDK wants instead of an annotation."""

    def __init__(self, event: Event) -> None:
        """Keep the event."""
        self.event = event

    def build(self) -> dashboard.AnnotationQuery:
        """Return the event."""
        return self.event


@dataclass(frozen=True)
class Row:
    """A titled row of panels, whose widths fill the grid line by line."""

    title: str
    panels: tuple[Panel, ...]


def values(name: str, label: str, query: str, about: str, *, everything: str = ".*") -> Variable:
    """Return a variable of any number of values that `query` finds; All stands for `everything`, unset labels too."""
    every = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
    made = build.QueryVariable(name).label(label).description(about).query(query).datasource(DATASOURCE)
    made = made.multi(multi=True).include_all(include_all=True).all_value(everything).current(every)
    return made.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(dashboard.VariableSort.ALPHABETICAL_ASC)


def choice(name: str, label: str, offered: dict[str, str], about: str) -> Variable:
    """Return a variable of one value out of `offered`, a dict of value by the text that people see."""
    first = next(iter(offered))
    made = build.CustomVariable(name).label(label).description(about)
    made = made.values(",".join(f"{text} : {value.replace(',', r'\,')}" for text, value in offered.items()))
    picks = [
        dashboard.VariableOption(selected=text == first, text=text, value=value) for text, value in offered.items()
    ]
    return made.options(picks).current(dashboard.VariableOption(selected=True, text=first, value=offered[first]))


def datasource() -> Variable:
    """Return the variable that says which Prometheus to query."""
    made = build.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    default = dashboard.VariableOption(selected=True, text="default", value="default")
    return made.current(default).description("The data source of every panel.")


def rollouts(namespace: str = ".*") -> list[Event]:
    """Return the annotations that mark rollouts in the namespaces that match.

    A Deployment's rollout is a ReplicaSet that gets replicas and had none in the minutes before: so scaling does not
    count, and a rollback does. DaemonSets and StatefulSets are seen by their observed generation.
    """
    sets = f'kube_replicaset_spec_replicas{{namespace=~"{namespace}"}}'
    now, before = f"max by (namespace, replicaset) ({sets}) > 0", f"max_over_time({sets}[3m] offset 1m) > 0"
    same = "on (namespace, replicaset)"
    owner = 'max by (namespace, replicaset, owner_name) (kube_replicaset_owner{owner_kind="Deployment"})'
    seen = " or ".join(
        f'changes(kube_{kind}_status_observed_generation{{namespace=~"{namespace}"}}[2m]) > 0'
        for kind in ("daemonset", "statefulset")
    )
    return [
        Event(
            "Rollouts",
            f"({now} unless {same} {before}) * {same} group_left (owner_name) {owner}",
            title="Rollout of {{owner_name}}",
            text="{{namespace}}/{{replicaset}} gets its first replicas",
            tags="namespace,owner_name",
            colour="blue",
        ),
        Event(
            "Other changes",
            seen,
            title="Change of {{daemonset}}{{statefulset}}",
            text="DaemonSet or StatefulSet in {{namespace}}",
            tags="namespace,daemonset,statefulset",
            colour="purple",
        ),
    ]


@dataclass(frozen=True)
class Page:
    """A dashboard before it is JSON."""

    uid: str
    title: str
    about: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    since: str = "now-6h"

    def build(self) -> dashboard.Dashboard:
        """Return the dashboard, its panels numbered and laid out.

        Raises ValueError if the panels of a row do not fill whole lines of the grid.
        """
        made = build.Dashboard(self.title).uid(self.uid).description(self.about).tags([TAG]).editable()
        made = made.refresh(REFRESH).time(self.since, "now").timezone("browser").with_variable(datasource())
        made = made.tooltip(dashboard.DashboardCursorSync.CROSSHAIR).link(others())
        for variable in self.variables:
            made = made.with_variable(variable)
        for event in self.events:
            made = made.annotation(EventBuilder(event))
        for row in self.rows:
            width = sum(span(panel) for panel in row.panels)
            if width % GRID_WIDTH:
                raise ValueError(f"The row {row.title} of {self.uid} is {width} wide, which is not whole lines of 24.")
            made = made.with_row(build.Row(row.title))
            for panel in row.panels:
                made = made.with_panel(panel)
        return numbered(made.build())


def span(panel: Panel) -> int:
    """Return how many of the grid's columns a panel takes."""
    place = panel.build().grid_pos
    return place.w if place else GRID_WIDTH


def others() -> build.DashboardLink:
    """Return the menu of the other dashboards, which keeps the time range."""
    made = build.DashboardLink("Landfall").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    return made.as_dropdown(as_dropdown=False).keep_time(keep_time=True).icon("external link")


def numbered(made: dashboard.Dashboard) -> dashboard.Dashboard:
    """Number the panels from 1 in their order, since the SDK leaves that to Grafana."""
    panels: list[Any] = made.panels or []
    for number, panel in enumerate(panels, start=1):
        panel.id_val = number
    return made
