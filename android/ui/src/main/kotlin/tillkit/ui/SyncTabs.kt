package tillkit.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalClipboardManager
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.unit.dp
import tillkit.ChangeLine
import tillkit.ChangeOfRow
import tillkit.ChangeSummary
import tillkit.ChangeSync
import tillkit.RunRow
import tillkit.RunsScreen

@Composable
internal fun SyncTabs(
    open: SyncTab,
    onEvent: (SyncEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Choices {
        SyncTab.entries.forEach { tab ->
            Choice(strings.tab(tab), tab == open, { onEvent(SyncEvent.OpenTab(tab)) })
        }
    }
}

/** What the newest sync changed, in numbers; a tap opens it line by line. */
@Composable
internal fun ChangesPanel(
    changes: ChangeSummary,
    onOpen: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Panel(Modifier.padding(horizontal = Edge, vertical = 6.dp), padding = 0.dp) {
        Row(
            Modifier
                .clickable(role = Role.Button, onClick = onOpen)
                .fillMaxWidth()
                .heightIn(min = Touch)
                .padding(Edge),
            Arrangement.spacedBy(12.dp),
            Alignment.CenterVertically,
        ) {
            Column(Modifier.weight(1f)) {
                Text(strings.changed(formats.ago(changes.atMs)), style = MaterialTheme.typography.titleMedium)
                Text(
                    formats.changes(changes),
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
            }
            Icon(Glyphs.chevronRight, contentDescription = null)
        }
    }
}

/** What the last syncs changed of what is sold; each line opens its row. */
@Composable
internal fun ReceivedPage(
    state: ChangesState,
    onEvent: (SyncEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val isSearching = state.query.isNotBlank()
    if (state.entries.isEmpty() && !isSearching) {
        Empty(Glyphs.down, strings.nothingChanged, strings.nothingChangedHint)
        return
    }
    Column(Modifier.fillMaxSize()) {
        TextEntry(
            state.query,
            { onEvent(SyncEvent.FindChanges(it)) },
            strings.findObject,
            Modifier.padding(horizontal = Edge, vertical = 4.dp),
        )
        if (state.entries.isEmpty()) {
            Empty(Glyphs.search, strings.noHits, null)
        } else {
            LazyColumn(Modifier.weight(1f), contentPadding = PaddingValues(bottom = 120.dp)) {
                items(state.entries) { entry ->
                    when (entry) {
                        is ChangeSync -> {
                            GroupTitle(
                                "${formats.moment(entry.summary.atMs)} · ${formats.changes(entry.summary)}",
                            )
                        }

                        is ChangeOfRow -> {
                            ChangedLine(entry.line, state.currency) {
                                onEvent(SyncEvent.OpenRow(entry.line.kind, entry.line.key))
                            }
                        }
                    }
                }
                if (state.next != null) item("more") { MoreButton { onEvent(SyncEvent.MoreChanges) } }
            }
        }
    }
}

@Composable
private fun ChangedLine(
    line: ChangeLine,
    currency: String,
    onOpen: () -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    Column(
        Modifier
            .clickable(role = Role.Button, onClick = onOpen)
            .fillMaxWidth()
            .heightIn(min = 60.dp)
            .padding(horizontal = Edge, vertical = 10.dp),
        Arrangement.spacedBy(2.dp, Alignment.CenterVertically),
    ) {
        Text(line.name, style = MaterialTheme.typography.titleMedium)
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(12.dp)) {
            Text(
                strings.change(line.what),
                Modifier.weight(1f),
                style = MaterialTheme.typography.bodyMedium,
                color = colors.onSurfaceVariant,
            )
            Text(formats.fromTo(line, currency), style = MaterialTheme.typography.titleSmall)
        }
    }
    HorizontalDivider(color = colors.outlineVariant)
}

/** The journal of the last runs, and the same as text for who helps. */
@Suppress("DEPRECATION") // its successor takes what each platform has of its own
@Composable
internal fun RunsPage(
    journal: RunsScreen,
    onEvent: (SyncEvent) -> Unit,
) {
    val strings = LocalStrings.current
    if (journal.runs.isEmpty()) {
        Empty(Glyphs.sync, strings.neverSynced, null)
        return
    }
    val clipboard = LocalClipboardManager.current
    LazyColumn(Modifier.fillMaxSize(), contentPadding = PaddingValues(bottom = 120.dp)) {
        item("copy") {
            SideButton(
                strings.copyRuns,
                {
                    clipboard.setText(AnnotatedString(journal.text))
                    onEvent(SyncEvent.RunsCopied)
                },
                Modifier.fillMaxWidth().padding(horizontal = Edge, vertical = 8.dp),
            )
        }
        items(journal.runs) { RunLine(it) }
    }
}

@Composable
private fun RunLine(run: RunRow) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    val all = if (run.isWithoutAttachments) strings.syncAllWithoutAttachments else strings.syncAll
    val scope = run.section?.let(strings::section) ?: all
    Column(Modifier.fillMaxWidth().padding(horizontal = Edge, vertical = 10.dp), Arrangement.spacedBy(2.dp)) {
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(12.dp)) {
            Text(scope, Modifier.weight(1f), style = MaterialTheme.typography.titleMedium)
            Text(formats.moment(run.startedMs), style = MaterialTheme.typography.titleMedium)
        }
        val trouble = run.trouble
        val (glyph, color) =
            when {
                trouble != null -> Glyphs.warning to colors.error
                run.isComplete -> Glyphs.check to TillTheme.states.good
                else -> Glyphs.close to colors.onSurfaceVariant
            }
        StateLine(glyph, trouble?.let(formats::trouble) ?: strings.runResult(run.result), color)
        val facts =
            listOf(
                strings.trigger(run.trigger),
                formats.duration(run.durationMs),
                strings.received(formats.count(run.receivedRows), formats.bytes(run.receivedBytes)),
                strings.sentDocuments(run.sentDocuments.toLong()),
            )
        Text(
            facts.joinToString(" · "),
            style = MaterialTheme.typography.bodyMedium,
            color = colors.onSurfaceVariant,
        )
    }
    HorizontalDivider(color = colors.outlineVariant)
}
