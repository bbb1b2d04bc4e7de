package tillkit.ui

import androidx.compose.foundation.Image
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import tillkit.Fact
import tillkit.ObjectRow
import tillkit.ObjectView

/** What the till holds of a kind, page after page; a tap opens a row with all its facts. */
@Composable
fun ObjectsPage(
    state: ObjectsState,
    onEvent: (SyncEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    Column(modifier.fillMaxSize()) {
        Row(Modifier.fillMaxWidth().padding(end = Edge), verticalAlignment = Alignment.CenterVertically) {
            GlyphButton(Glyphs.back, strings.back, { onEvent(SyncEvent.CloseObjects) }, Modifier.padding(4.dp))
            Text(
                strings.kind(state.kind),
                Modifier.weight(1f).semantics { heading() },
                style = MaterialTheme.typography.titleLarge,
            )
            Text(
                formats.count(state.total),
                style = MaterialTheme.typography.titleMedium,
                color = colors.onSurfaceVariant,
            )
        }
        if (!state.isUsed) {
            Text(
                strings.notUsedHint,
                Modifier.padding(horizontal = Edge, vertical = 6.dp),
                style = MaterialTheme.typography.bodyMedium,
                color = colors.onSurfaceVariant,
            )
        }
        if (state.canSearch && state.total > 0u) {
            TextEntry(
                state.query,
                { onEvent(SyncEvent.FindObjects(it)) },
                strings.findObject,
                Modifier.padding(horizontal = Edge, vertical = 4.dp),
            )
        }
        if (state.rows.isEmpty()) {
            Empty(Glyphs.circle, if (state.query.isBlank()) strings.nothingHere else strings.noHits, null)
        } else {
            LazyColumn(Modifier.weight(1f), contentPadding = PaddingValues(bottom = Edge)) {
                items(state.rows, { it.key }) { row ->
                    ObjectLine(row) { onEvent(SyncEvent.OpenRow(state.kind, row.key)) }
                }
                if (state.next != null) item("more") { MoreButton { onEvent(SyncEvent.MoreObjects) } }
            }
        }
    }
}

@Composable
private fun ObjectLine(
    row: ObjectRow,
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
        Text(row.name, style = MaterialTheme.typography.titleMedium)
        val facts = row.facts.map { "${strings.fact(it.name)} ${formats.fact(it)}" }
        val key = row.key.takeIf { it != row.name }
        Text(
            (listOfNotNull(key) + facts).joinToString(" · "),
            style = MaterialTheme.typography.bodyMedium,
            color = colors.onSurfaceVariant,
            maxLines = 2,
            overflow = TextOverflow.Ellipsis,
        )
        if (row.willBeReplaced) StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait)
    }
    HorizontalDivider(color = colors.outlineVariant)
}

/** The end of a page that is not the last. */
@Composable
fun MoreButton(onMore: () -> Unit) = SideButton(LocalStrings.current.moreObjects, onMore, Modifier.fillMaxWidth().padding(Edge))

/** A row of a kind with all its facts. */
@Composable
fun ObjectPage(
    row: ObjectView,
    picture: ByteArray?,
    onEvent: (SyncEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Column(modifier.fillMaxSize()) {
        Row(Modifier.fillMaxWidth().padding(end = Edge), verticalAlignment = Alignment.CenterVertically) {
            GlyphButton(Glyphs.back, strings.back, { onEvent(SyncEvent.CloseRow) }, Modifier.padding(4.dp))
            Column(Modifier.weight(1f).semantics(mergeDescendants = true) { heading() }) {
                Text(row.name, style = MaterialTheme.typography.titleLarge)
                Text(
                    listOf(strings.kind(row.kind), row.key).joinToString(" · "),
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
            }
        }
        LazyColumn(Modifier.weight(1f), contentPadding = PaddingValues(start = Edge, end = Edge, bottom = Edge)) {
            if (row.willBeReplaced) {
                item("replaced") { StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait) }
            }
            if (row.kind == PICTURE) item("picture") { Picture(picture, row.name) }
            items(row.facts, { it.name }) { fact: Fact -> Fact(strings.fact(fact.name), formats.fact(fact)) }
        }
    }
}

/** The kind whose rows are pictures. */
const val PICTURE = "image"

/** Makes a bitmap of a picture's file; `null` if it cannot be read. Each platform has its own. */
val LocalPictures = staticCompositionLocalOf<(ByteArray) -> ImageBitmap?> { { null } }

@Composable
private fun Picture(
    file: ByteArray?,
    name: String,
) {
    val (strings, decode) = LocalStrings.current to LocalPictures.current
    if (file == null) return StateLine(Glyphs.clock, strings.pictureMissing, TillTheme.states.wait)
    val decoded by produceState<Result<ImageBitmap?>?>(null, file) {
        value = Result.success(withContext(Dispatchers.Default) { decode(file) })
    }
    val bitmap = (decoded ?: return).getOrNull()
    if (bitmap == null) return StateLine(Glyphs.warning, strings.pictureUnreadable, MaterialTheme.colorScheme.error)
    Image(bitmap, name, Modifier.padding(vertical = 8.dp).fillMaxWidth().height(280.dp))
}
