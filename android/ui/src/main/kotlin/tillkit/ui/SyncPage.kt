package tillkit.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.combinedClickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.ExtendedFloatingActionButton
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.ProgressBarRangeInfo
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.progressBarRangeInfo
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.launch
import tillkit.ButtonOff
import tillkit.ButtonRunning
import tillkit.CentreNews
import tillkit.LineOffline
import tillkit.LineOnline
import tillkit.LineUnknown
import tillkit.ObjectMark
import tillkit.RedButton
import tillkit.RowState
import tillkit.RunView
import tillkit.StageSection
import tillkit.SyncAll
import tillkit.SyncAllWithoutAttachments
import tillkit.SyncObject
import tillkit.SyncRow
import tillkit.SyncScreen
import tillkit.SyncSection
import tillkit.Trouble

/** Everything about both lanes on one page; the red button at the bottom right does everything. */
@Composable
fun SyncPage(
    state: SyncState,
    onEvent: (SyncEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = LocalStrings.current
    val (objects, row) = state.objects to state.row
    val document = state.sent.open?.takeIf { state.tab == SyncTab.SENT }
    when {
        row != null -> {
            ObjectPage(row, state.picture, onEvent, modifier)
            return
        }

        objects != null -> {
            ObjectsPage(objects, onEvent, modifier)
            return
        }

        document != null -> {
            HistoryPage(state.sent, { onEvent(SyncEvent.Sent(it)) }, modifier)
            return
        }
    }
    val menu: (@Composable ColumnScope.() -> Unit)? =
        if (state.menuIsOpen) ({ SyncMenu(state.screen.button, onEvent) }) else null
    WithSheet(menu, strings.synchronise, { onEvent(SyncEvent.CloseMenu) }, modifier) {
        Column(Modifier.fillMaxSize()) {
            SyncTabs(state.tab, onEvent)
            when (state.tab) {
                SyncTab.NOW -> SyncRows(state, onEvent)
                SyncTab.RECEIVED -> state.changes?.let { ReceivedPage(it, onEvent) }
                SyncTab.SENT -> HistoryPage(state.sent, { onEvent(SyncEvent.Sent(it)) })
                SyncTab.RUNS -> state.runs?.let { RunsPage(it, onEvent) }
            }
        }
        Row(
            Modifier.align(Alignment.BottomEnd).padding(Edge),
            Arrangement.spacedBy(12.dp),
            Alignment.CenterVertically,
        ) {
            if (state.screen.button is ButtonRunning) CancelButton(onEvent)
            SyncEverything(state.screen, onEvent)
        }
    }
}

@Composable
private fun SyncRows(
    state: SyncState,
    onEvent: (SyncEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val list = rememberLazyListState()
    val scope = rememberCoroutineScope()
    val screen = state.screen
    val (down, up) = screen.rows.partition { it.isDown }
    // What stands above the rows, by key: a tap on the summary must know where a row is.
    val above = listOf("line") + headKeys(screen) + "down"

    fun showRow(section: String) {
        val index = screen.rows.indexOfFirst { it.section == section }
        if (index < 0) return
        val headings = if (screen.rows[index].isDown) above.size else above.size + 1
        scope.launch { list.animateScrollToItem(headings + index) }
    }
    // Room for the floating button below the last row.
    LazyColumn(Modifier.fillMaxSize(), list, PaddingValues(bottom = 120.dp)) {
        item("line") { LineStatus(screen) }
        if (hasNumber(screen)) item("unsent") { UnsentNumber(screen, up, ::showRow) }
        val run = screen.run
        if (run != null) item("run") { RunProgress(run, state.barsAreOpen) { onEvent(SyncEvent.ToggleBars) } }
        val off = screen.button as? ButtonOff
        if (off != null) item("off") { FirstSteps(off.trouble) { onEvent(SyncEvent.OpenSettings) } }
        val news = screen.news
        if (news !=
            null
        ) {
            item("news") { NewsBanner(news, screen.localEdits.toLong()) { onEvent(SyncEvent.ConfirmNews) } }
        }
        val receiveTrouble = receiveTrouble(screen)
        if (receiveTrouble != null) item("receiving") { TroublePanel(receiveTrouble, strings.notReceived) }
        val sendTrouble = screen.sendTrouble
        if (sendTrouble != null) item("sending") { TroublePanel(sendTrouble, strings.notSent) }
        val red = screen.rows.filter { it.trouble != null }
        if (red.isNotEmpty()) item("red") { RedSummary(red, ::showRow) }
        if (isLacking(screen)) item("lacking") { Lacking(screen, onEvent) }
        val changes = screen.changes
        if (changes != null) {
            item("changes") { ChangesPanel(changes) { onEvent(SyncEvent.OpenTab(SyncTab.RECEIVED)) } }
        }
        item("down") { GroupTitle(strings.fromCentre) }
        items(down, { it.section }) { row -> SectionRow(row, row.section == state.openSection, screen, onEvent) }
        item("up") { GroupTitle(strings.fromTill) }
        items(up, { it.section }) { row -> SectionRow(row, row.section == state.openSection, screen, onEvent) }
    }
}

private fun headKeys(screen: SyncScreen): List<String> =
    listOfNotNull(
        "unsent".takeIf { hasNumber(screen) },
        "run".takeIf { screen.run != null },
        "off".takeIf { screen.button is ButtonOff },
        "news".takeIf { screen.news != null },
        "receiving".takeIf { receiveTrouble(screen) != null },
        "sending".takeIf { screen.sendTrouble != null },
        "red".takeIf { screen.rows.any { it.trouble != null } },
        "lacking".takeIf { isLacking(screen) },
        "changes".takeIf { screen.changes != null },
    )

/** What must be done first says as much: then it is not said twice. */
private fun receiveTrouble(screen: SyncScreen) = screen.receiveTrouble.takeIf { screen.button !is ButtonOff }

/** A phone that has never been a till has nothing to send. */
private fun hasNumber(screen: SyncScreen) = screen.till != null || screen.unsent.documents > 0u

/** Between enrolment and the end of the first sync it is said what selling waits for. */
private fun isLacking(screen: SyncScreen) = screen.missing.isNotEmpty() && screen.button !is ButtonOff && screen.run == null

/** Whether the centre answers, and when all was last right. */
@Composable
private fun LineStatus(screen: SyncScreen) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    val states = TillTheme.states
    val line = screen.line
    val isOffline = line is LineOffline
    Surface(
        Modifier.fillMaxWidth().semantics { liveRegion = LiveRegionMode.Polite },
        color = if (isOffline) states.waitContainer else Color.Transparent,
        contentColor = if (isOffline) states.onWait else colors.onSurface,
    ) {
        Column(Modifier.padding(horizontal = Edge, vertical = 10.dp), Arrangement.spacedBy(2.dp)) {
            when (line) {
                is LineOnline -> {
                    StateLine(Glyphs.online, strings.online, states.good, style = MaterialTheme.typography.titleMedium)
                }

                is LineUnknown -> {
                    StateLine(
                        Glyphs.circle,
                        strings.notAskedYet,
                        colors.onSurfaceVariant,
                        style = MaterialTheme.typography.titleMedium,
                    )
                }

                is LineOffline -> {
                    StateLine(
                        Glyphs.offline,
                        strings.offlineSince(formats.moment(line.sinceMs)),
                        states.onWait,
                        style = MaterialTheme.typography.titleMedium,
                    )
                    Text(
                        "${formats.trouble(line.trouble)} ${strings.advice(line.trouble.advice)}",
                        style = MaterialTheme.typography.bodyMedium,
                    )
                    Text(formats.safety(line.trouble.dataIsSafe), style = MaterialTheme.typography.titleSmall)
                }
            }
            val facts =
                listOfNotNull(
                    screen.fullSyncMs?.let { strings.lastFullSync(formats.ago(it)) } ?: strings.neverSynced,
                    screen.nextTryMs?.let { strings.nextTry(formats.momentExact(it)) },
                )
            Text(
                facts.joinToString(" · "),
                style = MaterialTheme.typography.bodyMedium,
                color = if (isOffline) states.onWait else colors.onSurfaceVariant,
            )
        }
    }
}

/** The number that must be zero in the evening; a tap shows the rows it is made of. */
@Composable
private fun UnsentNumber(
    screen: SyncScreen,
    up: List<SyncRow>,
    showRow: (String) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val unsent = screen.unsent
    val count = unsent.documents.toLong()
    val parts = up.filter { it.state != RowState.UP_TO_DATE && it.count > 0u && it.section != "events" }
    val colors = MaterialTheme.colorScheme
    val first = parts.firstOrNull()
    val opens = if (first != null) Modifier.clickable { showRow(first.section) } else Modifier
    Row(
        opens.fillMaxWidth().padding(horizontal = Edge, vertical = 6.dp).semantics(mergeDescendants = true) {},
        Arrangement.spacedBy(Edge),
        Alignment.CenterVertically,
    ) {
        Text(
            formats.count(count),
            style = if (count < MOST_LARGE) TillTheme.hero else TillTheme.big,
            color = if (count > 0) TillTheme.states.wait else TillTheme.states.good,
        )
        Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
            Text(
                if (count >
                    0
                ) {
                    strings.unsent(count)
                } else {
                    strings.nothingUnsent
                },
                style = MaterialTheme.typography.titleLarge,
            )
            val facts = formats.unsentFacts(unsent)
            if (count > 0 && facts.isNotEmpty()) {
                Text(facts, style = MaterialTheme.typography.bodyLarge, color = colors.onSurfaceVariant)
            }
            if (parts.isNotEmpty()) {
                Text(
                    parts.joinToString(" · ") { "${strings.section(it.section)}\u00A0${formats.count(it.count)}" },
                    style = MaterialTheme.typography.bodyMedium,
                    color = colors.onSurfaceVariant,
                )
            }
            val confirmed = screen.confirmed?.takeIf { it.through > 0u }
            if (confirmed != null) {
                val (through, head) = formats.count(confirmed.through) to formats.count(confirmed.head)
                Text(
                    strings.confirmed(through, head.takeIf { confirmed.head > confirmed.through }),
                    style = MaterialTheme.typography.bodyMedium,
                    color = colors.onSurfaceVariant,
                )
            }
        }
    }
}

/** More than this has too many digits to stand beside its words in the largest size. */
private const val MOST_LARGE = 1_000L

/** The percentage of the run; a tap opens a bar per stage. */
@Composable
private fun RunProgress(
    run: RunView,
    isOpen: Boolean,
    onTap: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val details = if (isOpen) strings.hideDetails else strings.showDetails
    Panel(Modifier.padding(horizontal = Edge, vertical = 6.dp), padding = 0.dp) {
        Column(
            Modifier
                .fillMaxWidth()
                .clickable(onClickLabel = details, onClick = onTap)
                .padding(Edge)
                .semantics(mergeDescendants = true) {
                    liveRegion = LiveRegionMode.Polite
                    progressBarRangeInfo = ProgressBarRangeInfo(run.percent.toFloat(), 0f..100f)
                },
            Arrangement.spacedBy(8.dp),
        ) {
            Row(verticalAlignment = Alignment.CenterVertically) {
                Column(Modifier.weight(1f)) {
                    Text(
                        run.section?.let { strings.runningOf(strings.section(it)) } ?: strings.unnamedRun,
                        style = MaterialTheme.typography.titleMedium,
                    )
                    Text(
                        strings.stage(run.stage),
                        style = MaterialTheme.typography.bodyMedium,
                        color = MaterialTheme.colorScheme.onSurfaceVariant,
                    )
                }
                Text(formats.percent(run.percent.toInt()), style = TillTheme.big)
                Icon(if (isOpen) Glyphs.chevronUp else Glyphs.chevronDown, contentDescription = null)
            }
            Bar(run.percent.toInt() / 100f)
            if (isOpen) {
                run.bars.forEach { bar ->
                    val name = bar.name
                    val title = if (name is StageSection) strings.section(name.v1) else strings.documentsBar
                    val amount =
                        if (name is StageSection) {
                            "${formats.bytes(bar.done)} / ${formats.bytes(bar.total)}"
                        } else {
                            "${formats.count(bar.done)} / ${formats.count(bar.total)}"
                        }
                    Column(Modifier.padding(top = 6.dp), Arrangement.spacedBy(4.dp)) {
                        Row {
                            Text(title, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium)
                            Text(amount, style = MaterialTheme.typography.bodyMedium)
                        }
                        Bar(if (bar.total > 0u) bar.done.toFloat() / bar.total.toFloat() else 1f)
                    }
                }
            }
        }
    }
}

@Composable
private fun NewsBanner(
    news: CentreNews,
    localEdits: Long,
    onConfirm: () -> Unit,
) {
    val strings = LocalStrings.current
    val colors = MaterialTheme.colorScheme
    Panel(
        Modifier.padding(horizontal = Edge, vertical = 6.dp),
        color = colors.primaryContainer,
        contentColor = colors.onPrimaryContainer,
    ) {
        Text(strings.news, style = MaterialTheme.typography.titleLarge)
        Text(
            strings.newsSections(news.sections.joinToString(", ", transform = strings::section)),
            style = MaterialTheme.typography.bodyLarge,
        )
        if (localEdits > 0) {
            Text(
                strings.localEditsGo(localEdits),
                Modifier.padding(top = 4.dp),
                style = MaterialTheme.typography.bodyMedium,
            )
        }
        MainButton(strings.confirm, onConfirm, Modifier.fillMaxWidth().padding(top = 12.dp), Glyphs.check)
    }
}

/** What must be done before anything can be synced, and the way there. */
@Composable
private fun FirstSteps(
    trouble: Trouble,
    onSettings: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    Panel(
        Modifier.padding(horizontal = Edge, vertical = 6.dp),
        color = colors.primaryContainer,
        contentColor = colors.onPrimaryContainer,
    ) {
        Text(formats.trouble(trouble), style = MaterialTheme.typography.titleLarge)
        Text(strings.advice(trouble.advice), style = MaterialTheme.typography.bodyLarge)
        Text(
            formats.safety(trouble.dataIsSafe),
            Modifier.padding(top = 4.dp),
            style = MaterialTheme.typography.titleSmall,
        )
        MainButton(strings.settings, onSettings, Modifier.fillMaxWidth().padding(top = 12.dp), Glyphs.settings)
    }
}

/** Something is wrong: with what, what it is, that nothing is lost by it, and what to do. */
@Composable
private fun TroublePanel(
    trouble: Trouble,
    title: String,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    Panel(
        Modifier.padding(horizontal = Edge, vertical = 6.dp),
        color = colors.errorContainer,
        contentColor = colors.onErrorContainer,
    ) {
        Text(title, style = MaterialTheme.typography.labelLarge)
        StateLine(
            Glyphs.warning,
            formats.trouble(trouble),
            colors.onErrorContainer,
            Modifier.padding(top = 4.dp),
            MaterialTheme.typography.titleMedium,
        )
        Text(
            formats.safety(trouble.dataIsSafe),
            Modifier.padding(top = 6.dp),
            style = MaterialTheme.typography.titleSmall,
        )
        Text("${strings.whatToDo} ${strings.advice(trouble.advice)}", style = MaterialTheme.typography.bodyMedium)
    }
}

/** Which rows are red, though they may stand further down; a tap goes to the first. */
@Composable
private fun RedSummary(
    red: List<SyncRow>,
    showRow: (String) -> Unit,
) {
    val strings = LocalStrings.current
    val colors = MaterialTheme.colorScheme
    Panel(
        Modifier.padding(horizontal = Edge, vertical = 6.dp),
        color = colors.errorContainer,
        contentColor = colors.onErrorContainer,
        padding = 0.dp,
    ) {
        Row(
            Modifier
                .clickable { showRow(red.first().section) }
                .fillMaxWidth()
                .heightIn(min = Touch)
                .padding(Edge),
            Arrangement.spacedBy(12.dp),
            Alignment.CenterVertically,
        ) {
            Icon(Glyphs.warning, contentDescription = null)
            Text(
                strings.redRows(red.joinToString(", ") { strings.section(it.section) }),
                Modifier.weight(1f),
                style = MaterialTheme.typography.titleMedium,
            )
            Icon(Glyphs.chevronDown, contentDescription = null)
        }
    }
}

/** What selling still waits for, each with its state; a tap tries just that again. */
@Composable
private fun Lacking(
    screen: SyncScreen,
    onEvent: (SyncEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val isAll = screen.missing.none { it.trouble != null }
    Panel(Modifier.padding(horizontal = Edge, vertical = 6.dp)) {
        Text(strings.firstSyncHint, style = MaterialTheme.typography.titleMedium)
        if (isAll) {
            Text(
                strings.lacking(screen.missing.joinToString(", ") { strings.section(it.section) }),
                style = MaterialTheme.typography.bodyMedium,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        } else {
            screen.missing.forEach { missing ->
                SheetChoice(
                    strings.syncRow(strings.section(missing.section)),
                    stateGlyph(missing.state),
                    { onEvent(SyncEvent.Sync(SyncSection(missing.section))) },
                    hint = missing.trouble?.let(formats::trouble) ?: strings.state(missing.state),
                )
            }
        }
    }
}

/** A section: its icon syncs just it, the rest of the row opens it. */
@Composable
private fun SectionRow(
    row: SyncRow,
    isOpen: Boolean,
    screen: SyncScreen,
    onEvent: (SyncEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    val title = strings.section(row.section)
    val color = stateColor(row.state)
    val trouble = row.trouble
    val canOpen = row.objects.isNotEmpty() || trouble != null
    val background = if (trouble != null) colors.errorContainer else Color.Transparent
    val opening = if (isOpen) strings.hideDetails else strings.openRow(title)
    Column(Modifier.background(background)) {
        Row(Modifier.fillMaxWidth().heightIn(min = 68.dp), verticalAlignment = Alignment.CenterVertically) {
            GlyphButton(
                Glyphs.sync,
                strings.syncRow(title),
                { onEvent(SyncEvent.Sync(SyncSection(row.section))) },
                Modifier.padding(start = 4.dp, end = 4.dp),
                isEnabled = screen.button !is ButtonOff && row.state != RowState.NOT_USED,
                tint = colors.primary,
            )
            val opens =
                if (canOpen) {
                    Modifier.clickable(
                        onClickLabel = opening,
                        role = Role.Button,
                    ) { onEvent(SyncEvent.ToggleRow(row.section)) }
                } else {
                    Modifier
                }
            Row(
                opens
                    .weight(1f)
                    .heightIn(min = 68.dp)
                    .padding(end = Edge, top = 8.dp, bottom = 8.dp)
                    .semantics(mergeDescendants = true) { stateDescription = strings.state(row.state) },
                Arrangement.spacedBy(8.dp),
                Alignment.CenterVertically,
            ) {
                Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
                    Text(
                        title,
                        style = MaterialTheme.typography.titleMedium,
                        maxLines = 2,
                        overflow = TextOverflow.Ellipsis,
                    )
                    StateLine(stateGlyph(row.state), stateText(row), color)
                }
                Column(horizontalAlignment = Alignment.End, verticalArrangement = Arrangement.spacedBy(2.dp)) {
                    RowCount(row)
                    if (row.amounts.isNotEmpty()) {
                        Text(
                            formats.amounts(row.amounts),
                            style = MaterialTheme.typography.bodyMedium,
                            color = colors.onSurfaceVariant,
                        )
                    }
                }
                Icon(
                    if (row.isDown) Glyphs.down else Glyphs.up,
                    contentDescription = if (row.isDown) strings.down else strings.up,
                    Modifier.size(18.dp),
                    tint = colors.outline,
                )
            }
        }
        val percent = row.percent
        if (percent != null && screen.run != null) {
            Bar(percent.toInt() / 100f, Modifier.padding(start = 56.dp, end = Edge, bottom = 10.dp))
        }
        if (trouble != null) RowTrouble(trouble)
        if (isOpen) row.objects.forEach { ObjectLine(it) { onEvent(SyncEvent.OpenObjects(it.kind)) } }
        HorizontalDivider(Modifier.padding(start = 56.dp), color = colors.outlineVariant)
    }
}

/** State in words, and since when it is so. */
@Composable
private fun stateText(row: SyncRow): String {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val percent = row.percent
    return when (row.state) {
        RowState.RUNNING if percent != null -> {
            strings.running(percent.toInt())
        }

        RowState.NEVER, RowState.RUNNING, RowState.WAITING, RowState.NOT_USED -> {
            strings.state(row.state)
        }

        RowState.UP_TO_DATE -> {
            listOfNotNull(strings.state(row.state), row.successMs?.let(formats::ago)).joinToString(" · ")
        }

        RowState.UNSENT -> {
            listOfNotNull(
                strings.state(row.state),
                row.successMs?.let { strings.lastSent(formats.ago(it)) },
            ).joinToString(" · ")
        }

        // What is wrong now was right then.
        RowState.BEHIND, RowState.FAILED, RowState.BLOCKED -> {
            val waits = row.waitsFor?.let { strings.waitsFor(strings.section(it)) }
            listOfNotNull(
                waits ?: strings.state(row.state),
                row.successMs?.let { strings.lastRight(formats.ago(it)) },
            ).joinToString(" · ")
        }
    }
}

/** How many rows are here, or how many documents are not there. */
@Composable
private fun RowCount(row: SyncRow) {
    val formats = LocalFormats.current
    if (!row.isDown && row.count > 0u) {
        UnsentBadge(row.count.toLong())
    } else {
        Text(
            formats.count(row.count),
            style = MaterialTheme.typography.titleMedium,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}

@Composable
private fun RowTrouble(trouble: Trouble) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Column(Modifier.padding(start = 56.dp, end = Edge, bottom = 12.dp), Arrangement.spacedBy(2.dp)) {
        val color = MaterialTheme.colorScheme.onErrorContainer
        Text(formats.trouble(trouble), style = MaterialTheme.typography.bodyMedium, color = color)
        Text(formats.safety(trouble.dataIsSafe), style = MaterialTheme.typography.titleSmall, color = color)
        Text(
            "${strings.whatToDo} ${strings.advice(trouble.advice)}",
            style = MaterialTheme.typography.bodyMedium,
            color = color,
        )
    }
}

/** An object inside a section: how many, and whether they are as published. */
@Composable
private fun ObjectLine(
    of: SyncObject,
    onOpen: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    val (glyph, color) =
        when (of.mark) {
            ObjectMark.VERIFIED if !of.isUsed -> Glyphs.circle to colors.onSurfaceVariant
            ObjectMark.VERIFIED -> Glyphs.sealed to TillTheme.states.good
            ObjectMark.RED -> Glyphs.warning to colors.error
            ObjectMark.NEVER -> Glyphs.circle to colors.onSurfaceVariant
        }
    Row(
        Modifier
            .clickable(role = Role.Button, onClick = onOpen)
            .fillMaxWidth()
            .heightIn(min = 52.dp)
            .padding(start = 56.dp, end = Edge),
        Arrangement.spacedBy(10.dp),
        Alignment.CenterVertically,
    ) {
        Icon(glyph, contentDescription = null, Modifier.size(20.dp), tint = color)
        Column(Modifier.weight(1f)) {
            Text(strings.kind(of.kind), style = MaterialTheme.typography.bodyLarge)
            val word = if (of.isUsed) strings.mark(of.mark) else strings.state(RowState.NOT_USED)
            Text(word, style = MaterialTheme.typography.bodySmall, color = color)
        }
        Text(formats.count(of.count), style = MaterialTheme.typography.bodyLarge)
        Icon(Glyphs.chevronRight, contentDescription = null, Modifier.size(18.dp), tint = colors.outline)
    }
}

@Composable
private fun stateColor(state: RowState): Color =
    when (state) {
        RowState.UP_TO_DATE -> TillTheme.states.good
        RowState.BEHIND, RowState.UNSENT -> TillTheme.states.wait
        RowState.FAILED, RowState.BLOCKED -> MaterialTheme.colorScheme.error
        RowState.RUNNING, RowState.WAITING -> MaterialTheme.colorScheme.primary
        RowState.NEVER, RowState.NOT_USED -> MaterialTheme.colorScheme.onSurfaceVariant
    }

private fun stateGlyph(state: RowState): ImageVector =
    when (state) {
        RowState.UP_TO_DATE -> Glyphs.check
        RowState.BEHIND -> Glyphs.down
        RowState.UNSENT -> Glyphs.up
        RowState.WAITING -> Glyphs.clock
        RowState.RUNNING -> Glyphs.sync
        RowState.FAILED -> Glyphs.warning
        RowState.BLOCKED -> Glyphs.pause
        RowState.NEVER, RowState.NOT_USED -> Glyphs.circle
    }

/** The red button: a tap syncs everything or joins the run, a long press asks what. */
@Composable
private fun SyncEverything(
    screen: SyncScreen,
    onEvent: (SyncEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val run = screen.run
    val isOff = screen.button is ButtonOff
    val color = if (isOff) MaterialTheme.colorScheme.surfaceContainerHighest else TillTheme.states.button
    val content = if (isOff) MaterialTheme.colorScheme.onSurfaceVariant else TillTheme.states.onButton
    Surface(
        Modifier.size(76.dp),
        shape = CircleShape,
        color = color,
        contentColor = content,
        shadowElevation = if (isOff) 0.dp else 6.dp,
    ) {
        Box(
            Modifier
                .fillMaxSize()
                .combinedClickable(
                    enabled = !isOff,
                    role = Role.Button,
                    onLongClickLabel = strings.syncEverythingLong,
                    onLongClick = { onEvent(SyncEvent.OpenMenu) },
                ) { onEvent(SyncEvent.Sync(SyncAll)) }
                .semantics {
                    contentDescription = strings.syncEverything
                    if (run != null) stateDescription = strings.running(run.percent.toInt())
                },
            Alignment.Center,
        ) {
            if (run == null) {
                Icon(Glyphs.sync, contentDescription = null, Modifier.size(36.dp))
            } else {
                CircularProgressIndicator(
                    { run.percent.toInt() / 100f },
                    Modifier.size(64.dp),
                    color = content,
                    strokeWidth = 4.dp,
                    trackColor = content.copy(alpha = 0.3f),
                )
                Text(formats.percent(run.percent.toInt()), style = MaterialTheme.typography.titleSmall, maxLines = 1)
            }
        }
    }
}

@Composable
private fun CancelButton(onEvent: (SyncEvent) -> Unit) {
    ExtendedFloatingActionButton(
        onClick = { onEvent(SyncEvent.CancelRun) },
        modifier = Modifier.heightIn(min = 56.dp),
        containerColor = MaterialTheme.colorScheme.surfaceContainerHighest,
        contentColor = MaterialTheme.colorScheme.onSurface,
    ) { Text(LocalStrings.current.syncCancel, style = MaterialTheme.typography.titleMedium) }
}

@Composable
private fun SyncMenu(
    button: RedButton,
    onEvent: (SyncEvent) -> Unit,
) {
    val strings = LocalStrings.current
    SheetChoice(strings.syncAll, Glyphs.sync, { onEvent(SyncEvent.Sync(SyncAll)) })
    SheetChoice(strings.syncAllWithoutAttachments, Glyphs.sync, { onEvent(SyncEvent.Sync(SyncAllWithoutAttachments)) })
    // Without a run there is nothing to stop: it leads back, as cashiers of other systems know it.
    val cancel = if (button is ButtonRunning) SyncEvent.CancelRun else SyncEvent.CloseMenu
    SheetChoice(strings.cancel, Glyphs.close, { onEvent(cancel) })
}
