"""The panels that all dashboards are made of, in one look: every panel has a unit and says what good is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus as prom
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard, prometheus

DATASOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"

# (from this value on, this colour); the first step has no value.
Steps = Sequence[tuple[float | None, str]]
GOOD_IS_ZERO: Steps = ((None, GREEN), (1, RED))
NEUTRAL: Steps = ((None, "text"),)
BUSY: Steps = ((None, GREEN), (0.8, YELLOW), (0.9, RED))


@dataclass(frozen=True)
class Query:
    """A PromQL expression, and how its series are called in the legend."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Note:
    """What every panel carries: a title, what it shows, and what good looks like."""

    title: str
    shows: str
    good: str
    unit: str

    @property
    def text(self) -> str:
        """Return the panel's description, in Markdown."""
        return f"{self.shows}\n\n**Good:** {self.good}"


@dataclass(frozen=True)
class Column:
    """A column of a table: its query, in which all columns have the same labels, and its look."""

    name: str
    expr: str
    unit: str = "none"
    steps: Steps = ()
    decimals: int | None = None


@dataclass(frozen=True)
class Rows:
    """The labels that make the rows of a table, by label, and where a click on one leads."""

    names: dict[str, str]
    links: dict[str, str] = field(default_factory=dict)


Panel = Builder[dashboard.Panel]


def thresholds(steps: Steps) -> build.ThresholdsConfig:
    """Return colours by absolute values."""
    made = [dashboard.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def target(query: Query, number: int, *, instant: bool = False) -> prom.Dataquery:
    """Return a query as Grafana keeps it; `number` counts from 0 and becomes A, B, C ..."""
    made = prom.Dataquery().expr(query.expr).ref_id(chr(ord("A") + number)).datasource(DATASOURCE)
    made = made.editor_mode(prometheus.QueryEditorMode.CODE)
    if query.legend:
        made = made.legend_format(query.legend)
    return made.instant() if instant else made.range()


def one(
    note: Note,
    expr: str,
    steps: Steps,
    *,
    width: int = 4,
    decimals: int | None = None,
    words: dict[int, str] | None = None,
) -> Panel:
    """Return a panel with one large number; `words` say what single values mean."""
    panel = stat.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    panel = panel.with_target(target(Query(expr), 0, instant=True)).thresholds(thresholds(steps))
    panel = panel.reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.color_mode(
        common.BigValueColorMode.BACKGROUND_SOLID if len(steps) > 1 else common.BigValueColorMode.VALUE
    )
    panel = panel.graph_mode(common.BigValueGraphMode.NONE).no_value("no data").span(width).height(4)
    if decimals is not None:
        panel = panel.decimals(decimals)
    if words:
        meant = {str(value): dashboard.ValueMappingResult(text=text) for value, text in words.items()}
        panel = panel.mappings([dashboard.ValueMap(options=meant)])
    return panel


def names(note: Note, query: Query, *, width: int = 4) -> Panel:
    """Return a panel that shows names instead of numbers: the legend of each series."""
    panel = stat.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    panel = panel.with_target(target(query, 0, instant=True)).text_mode(common.BigValueTextMode.NAME)
    panel = panel.reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"])).thresholds(thresholds(NEUTRAL))
    return panel.graph_mode(common.BigValueGraphMode.NONE).no_value("no data").span(width).height(4)


def lines(
    note: Note,
    *queries: Query,
    width: int = 8,
    height: int = 8,
    steps: Steps = (),
    stack: bool = False,
    maximum: float | None = None,
    minimum: float | None = 0,
) -> Panel:
    """Return a panel of series over time; `steps` after the first are dashed lines, `stack` adds the series up."""
    panel = timeseries.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    for number, query in enumerate(queries):
        panel = panel.with_target(target(query, number))
    legend = options.VizLegendOptions().display_mode(common.LegendDisplayMode.TABLE).show_legend(show_legend=True)
    legend = (
        legend.placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]).sort_by("Max").sort_desc(True)
    )
    panel = (
        panel.legend(legend).line_width(1.5).fill_opacity(25 if stack else 8).show_points(common.VisibilityMode.NEVER)
    )
    tooltip = options.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    panel = panel.tooltip(tooltip).span(width).height(height)
    if stack:
        panel = panel.stacking(options.StackingConfig().mode(common.StackingMode.NORMAL))
    if steps:
        dashed = options.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(thresholds(steps)).thresholds_style(dashed)
    if minimum is not None:
        panel = panel.min(minimum)
    return panel if maximum is None else panel.max(maximum)


def bars(
    note: Note, query: Query, steps: Steps, *, width: int = 8, height: int = 8, maximum: float | None = None
) -> Panel:
    """Return a panel with one bar for each series, of its value now."""
    panel = bargauge.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    panel = panel.with_target(target(query, 0, instant=True)).thresholds(thresholds(steps)).min(0)
    panel = panel.reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.orientation(common.VizOrientation.HORIZONTAL).display_mode(common.BarGaugeDisplayMode.GRADIENT)
    panel = panel.span(width).height(height)
    return panel if maximum is None else panel.max(maximum)


def periods(note: Note, query: Query, words: dict[int, tuple[str, str]], *, width: int = 24, height: int = 6) -> Panel:
    """Return a panel that shows when each series had which value; `words` name values and colour them."""
    panel = statetimeline.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    meant = {
        str(value): dashboard.ValueMappingResult(text=text, color=colour) for value, (text, colour) in words.items()
    }
    panel = panel.with_target(target(query, 0)).mappings([dashboard.ValueMap(options=meant)])
    panel = panel.show_value(common.VisibilityMode.NEVER).no_value("none").span(width).height(height)
    return panel.merge_values(merge_values=True)


def rows(note: Note, by: Rows, *columns: Column, width: int = 24, height: int = 8, sort: str = "") -> Panel:
    """Return a table with one row for each set of labels and one column for each query, joined by the labels."""
    panel = table.Panel().title(note.title).description(note.text).unit(note.unit).datasource(DATASOURCE)
    renamed = dict(by.names)
    for number, column in enumerate(columns):
        asked = target(Query(column.expr), number, instant=True).format(prometheus.PromQueryFormat.TABLE)
        panel = panel.with_target(asked).override_by_name(column.name, look(column))
        # Grafana numbers the values only if there are several queries.
        renamed |= dict.fromkeys([f"Value #{chr(ord('A') + number)}", *["Value"][len(columns) - 1 :]], column.name)
    for label, url in by.links.items():
        link = [{"title": f"Look at this {by.names[label].lower()}", "url": url}]
        panel = panel.override_by_name(by.names[label], [dashboard.DynamicConfigValue(id_val="links", value=link)])
    order = {name: number for number, name in enumerate(renamed)}
    arranged = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": renamed}
    panel = panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    panel = panel.with_transformation(dashboard.DataTransformerConfig(id_val="organize", options=arranged))
    if sort:
        panel = panel.sort_by([options.TableSortByFieldState().display_name(sort).desc(desc=False)])
    return panel.no_value("-").span(width).height(height)


def look(column: Column) -> list[dashboard.DynamicConfigValue]:
    """Return the settings of a column's cells."""
    made = [dashboard.DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.decimals is not None:
        made.append(dashboard.DynamicConfigValue(id_val="decimals", value=column.decimals))
    if column.steps:
        made.append(dashboard.DynamicConfigValue(id_val="thresholds", value=thresholds(column.steps).build()))
        made.append(dashboard.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    return made
