package tillkit.ui

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.interaction.MutableInteractionSource
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxScope
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.isTraversalGroup
import androidx.compose.ui.semantics.paneTitle
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** The edge that everything keeps from the side of the screen. */
val Edge = 16.dp

/** Nothing that is tapped is smaller. */
val Touch = 48.dp

/** A tap target that is only an icon; the description is what a reader says. */
@Composable
fun GlyphButton(
    glyph: ImageVector,
    description: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    isEnabled: Boolean = true,
    tint: Color = MaterialTheme.colorScheme.onSurfaceVariant,
) {
    IconButton(onClick, modifier.size(Touch).semantics { contentDescription = description }, isEnabled) {
        Icon(glyph, contentDescription = null, tint = if (isEnabled) tint else tint.copy(alpha = 0.38f))
    }
}

/** What the thumb is meant to find: tall, filled, at the bottom of its page. */
@Composable
fun MainButton(
    text: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    glyph: ImageVector? = null,
    isEnabled: Boolean = true,
) {
    Button(
        onClick,
        modifier.heightIn(min = 64.dp),
        isEnabled,
        shape = MaterialTheme.shapes.large,
        contentPadding = PaddingValues(horizontal = 20.dp, vertical = 12.dp),
    ) { ButtonContent(text, glyph, MaterialTheme.typography.titleLarge) }
}

/** A second choice beside or above the [MainButton]. */
@Composable
fun SideButton(
    text: String,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    glyph: ImageVector? = null,
    isEnabled: Boolean = true,
    isDanger: Boolean = false,
) {
    val color = if (isDanger) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.primary
    OutlinedButton(
        onClick,
        modifier.heightIn(min = 52.dp),
        isEnabled,
        shape = MaterialTheme.shapes.medium,
        border = BorderStroke(1.dp, MaterialTheme.colorScheme.outlineVariant),
        colors = ButtonDefaults.outlinedButtonColors(contentColor = color),
        contentPadding = PaddingValues(horizontal = 14.dp, vertical = 8.dp),
    ) { ButtonContent(text, glyph, MaterialTheme.typography.labelLarge) }
}

@Composable
private fun RowScope.ButtonContent(
    text: String,
    glyph: ImageVector?,
    style: TextStyle,
) {
    if (glyph != null) {
        Icon(glyph, contentDescription = null, Modifier.size(22.dp))
        Spacer(Modifier.width(10.dp))
    }
    Text(text, style = style, textAlign = TextAlign.Center, modifier = Modifier.weight(1f, fill = false))
}

/** The heading of a group of rows. */
@Composable
fun GroupTitle(
    text: String,
    modifier: Modifier = Modifier,
) {
    Text(
        text,
        modifier.fillMaxWidth().padding(start = Edge, end = Edge, top = 20.dp, bottom = 8.dp).semantics { heading() },
        style = MaterialTheme.typography.titleSmall,
        color = MaterialTheme.colorScheme.primary,
    )
}

/** A surface that stands out from the page, edge to edge of its padding. */
@Composable
fun Panel(
    modifier: Modifier = Modifier,
    color: Color = MaterialTheme.colorScheme.surfaceContainerLow,
    contentColor: Color = MaterialTheme.colorScheme.onSurface,
    padding: Dp = Edge,
    spacing: Dp = 0.dp,
    content: @Composable ColumnScope.() -> Unit,
) {
    Surface(
        modifier.fillMaxWidth(),
        shape = MaterialTheme.shapes.large,
        color = color,
        contentColor = contentColor,
        border = BorderStroke(1.dp, MaterialTheme.colorScheme.outlineVariant),
    ) { Column(Modifier.padding(padding), Arrangement.spacedBy(spacing), content = content) }
}

/** Two texts at the two edges; the second keeps its width, the first gives way. */
@Composable
fun Fact(
    name: String,
    value: String,
    modifier: Modifier = Modifier,
    style: TextStyle = MaterialTheme.typography.bodyLarge,
) {
    Row(
        modifier.fillMaxWidth().padding(vertical = 6.dp).semantics(mergeDescendants = true) {},
        Arrangement.spacedBy(12.dp),
        Alignment.Top,
    ) {
        Text(
            name,
            Modifier.weight(1f),
            style = style,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
        Text(value, Modifier.weight(1.4f), style = style, textAlign = TextAlign.End)
    }
}

/** An icon and a text that say a state together. */
@Composable
fun StateLine(
    glyph: ImageVector,
    text: String,
    color: Color,
    modifier: Modifier = Modifier,
    style: TextStyle = MaterialTheme.typography.bodyMedium,
) {
    // The icon grows with the text it stands before.
    val size = with(LocalDensity.current) { 20.sp.toDp() }
    Row(modifier, Arrangement.spacedBy(8.dp), Alignment.CenterVertically) {
        Icon(glyph, contentDescription = null, Modifier.size(size), tint = color)
        Text(text, Modifier.weight(1f, fill = false), style = style, color = color)
    }
}

/** The unsent number, where it stands beside a word or an icon. */
@Composable
fun UnsentBadge(count: Long) {
    if (count > 0) {
        Surface(shape = CircleShape, color = TillTheme.states.waitContainer, contentColor = TillTheme.states.onWait) {
            Text(
                LocalFormats.current.count(count),
                Modifier.widthIn(min = 30.dp).padding(horizontal = 10.dp, vertical = 3.dp),
                style = MaterialTheme.typography.titleMedium,
                textAlign = TextAlign.Center,
            )
        }
    }
}

@Composable
fun Bar(
    fraction: Float,
    modifier: Modifier = Modifier,
) {
    LinearProgressIndicator({ fraction }, modifier.fillMaxWidth(), gapSize = 0.dp, drawStopIndicator = {})
}

@Composable
fun TextEntry(
    value: String,
    onChange: (String) -> Unit,
    label: String,
    modifier: Modifier = Modifier,
    keyboard: KeyboardOptions = KeyboardOptions.Default,
    lines: Int = 1,
    isError: Boolean = false,
) {
    OutlinedTextField(
        value,
        onChange,
        modifier.fillMaxWidth(),
        label = { Text(label) },
        isError = isError,
        singleLine = lines == 1,
        maxLines = lines,
        keyboardOptions = keyboard,
        shape = MaterialTheme.shapes.medium,
    )
}

/** The page of something empty: what would be here, and how it comes. */
@Composable
fun Empty(
    glyph: ImageVector,
    title: String,
    hint: String?,
    modifier: Modifier = Modifier,
) {
    Column(
        modifier.fillMaxSize().padding(horizontal = 32.dp, vertical = 24.dp),
        Arrangement.spacedBy(12.dp, Alignment.CenterVertically),
        Alignment.CenterHorizontally,
    ) {
        Icon(glyph, contentDescription = null, Modifier.size(56.dp), tint = MaterialTheme.colorScheme.outline)
        Text(title, style = MaterialTheme.typography.titleLarge, textAlign = TextAlign.Center)
        if (hint != null) {
            Text(
                hint,
                style = MaterialTheme.typography.bodyLarge,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                textAlign = TextAlign.Center,
            )
        }
    }
}

/**
 * A page with a panel over its lower half: what is chosen there is under the thumb. What lies behind
 * is neither tapped nor read while the panel is open.
 */
@Composable
fun WithSheet(
    sheet: (@Composable ColumnScope.() -> Unit)?,
    title: String,
    onClose: () -> Unit,
    modifier: Modifier = Modifier,
    content: @Composable BoxScope.() -> Unit,
) {
    Box(modifier.fillMaxSize()) {
        Box(
            if (sheet ==
                null
            ) {
                Modifier.fillMaxSize()
            } else {
                Modifier.fillMaxSize().clearAndSetSemantics {}
            },
            content = content,
        )
        if (sheet != null) {
            val closing = LocalStrings.current.close
            Box(
                Modifier
                    .fillMaxSize()
                    .background(Color.Black.copy(alpha = 0.5f))
                    .clickable(remember { MutableInteractionSource() }, indication = null, onClick = onClose)
                    .semantics { contentDescription = closing },
            )
            Surface(
                Modifier
                    .align(Alignment.BottomCenter)
                    .fillMaxWidth()
                    .semantics {
                        paneTitle = title
                        isTraversalGroup = true
                    },
                shape = RoundedCornerShape(topStart = 24.dp, topEnd = 24.dp),
                color = MaterialTheme.colorScheme.surfaceContainerLow,
            ) {
                Column(
                    Modifier
                        .verticalScroll(
                            rememberScrollState(),
                        ).padding(start = Edge, end = Edge, top = 8.dp, bottom = 20.dp),
                ) {
                    Row(verticalAlignment = Alignment.CenterVertically) {
                        Text(
                            title,
                            Modifier.weight(1f).semantics { heading() },
                            style = MaterialTheme.typography.titleLarge,
                        )
                        GlyphButton(Glyphs.close, closing, onClose)
                    }
                    sheet()
                }
            }
        }
    }
}

/** A choice in a panel: as wide as the panel, as tall as a thumb. */
@Composable
fun SheetChoice(
    text: String,
    glyph: ImageVector,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
    hint: String? = null,
    isEnabled: Boolean = true,
    trailing: String? = null,
) {
    val color = MaterialTheme.colorScheme.onSurface
    Row(
        modifier
            .fillMaxWidth()
            .heightIn(min = 60.dp)
            .clickable(isEnabled, onClick = onClick)
            .padding(vertical = 8.dp),
        Arrangement.spacedBy(16.dp),
        Alignment.CenterVertically,
    ) {
        Icon(
            glyph,
            contentDescription = null,
            tint = MaterialTheme.colorScheme.primary.copy(alpha = if (isEnabled) 1f else 0.38f),
        )
        Column(Modifier.weight(1f)) {
            Text(
                text,
                style = MaterialTheme.typography.titleMedium,
                color = if (isEnabled) color else color.copy(alpha = 0.38f),
            )
            if (hint != null) {
                Text(
                    hint,
                    style = MaterialTheme.typography.bodyMedium,
                    color = MaterialTheme.colorScheme.onSurfaceVariant,
                )
            }
        }
        if (trailing != null) Text(trailing, style = MaterialTheme.typography.titleMedium, color = color)
    }
}

/** Digits of a PIN or of an amount in minor units; twelve keys under one thumb. */
@Composable
fun Keypad(
    onKey: (Key) -> Unit,
    modifier: Modifier = Modifier,
    hasDoubleZero: Boolean = true,
) {
    val rows = listOf("123", "456", "789").map { row -> row.map { Key.Digits(it.toString()) } }
    Column(modifier, Arrangement.spacedBy(8.dp)) {
        rows.forEach { row ->
            Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp)) {
                row.forEach { key -> DigitKey(key, onKey, Modifier.weight(1f)) }
            }
        }
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp)) {
            if (hasDoubleZero) DigitKey(Key.Digits("00"), onKey, Modifier.weight(1f)) else Spacer(Modifier.weight(1f))
            DigitKey(Key.Digits("0"), onKey, Modifier.weight(1f))
            KeySurface({ onKey(Key.Backspace) }, Modifier.weight(1f)) {
                Icon(Glyphs.backspace, LocalStrings.current.delete)
            }
        }
    }
}

/** A key of the [Keypad]. */
sealed interface Key {
    data class Digits(
        val digits: String,
    ) : Key

    data object Backspace : Key

    /** What stands after this key, of digits that may be at most `most` long. */
    fun after(
        digits: String,
        most: Int,
    ): String =
        when (this) {
            is Digits -> (digits + this.digits).takeIf { it.length <= most } ?: digits
            Backspace -> digits.dropLast(1)
        }
}

@Composable
private fun DigitKey(
    key: Key.Digits,
    onKey: (Key) -> Unit,
    modifier: Modifier,
) = KeySurface({ onKey(key) }, modifier) { Text(key.digits, style = MaterialTheme.typography.headlineMedium) }

@Composable
private fun KeySurface(
    onClick: () -> Unit,
    modifier: Modifier,
    content: @Composable () -> Unit,
) {
    Surface(
        onClick,
        modifier.heightIn(min = 60.dp),
        shape = MaterialTheme.shapes.medium,
        color = MaterialTheme.colorScheme.surfaceContainerHigh,
    ) { Box(Modifier.heightIn(min = 60.dp), Alignment.Center) { content() } }
}

/** An amount that grows from the right as its digits are typed, as on every till. */
@Composable
fun TypedAmount(
    text: String,
    modifier: Modifier = Modifier,
) {
    Text(
        text,
        modifier.fillMaxWidth().padding(vertical = 12.dp),
        style = TillTheme.big,
        textAlign = TextAlign.End,
        maxLines = 1,
        overflow = TextOverflow.Ellipsis,
    )
}

/** A row of choices, as wide as they are: it scrolls. */
@Composable
fun Choices(content: @Composable RowScope.() -> Unit) =
    Row(
        Modifier.fillMaxWidth().horizontalScroll(rememberScrollState()).padding(horizontal = Edge, vertical = 4.dp),
        Arrangement.spacedBy(8.dp),
        content = content,
    )

/** A text that is chosen among a few: filled if it is. */
@Composable
fun Choice(
    text: String,
    isChosen: Boolean,
    onClick: () -> Unit,
    modifier: Modifier = Modifier,
) {
    val colors = MaterialTheme.colorScheme
    Surface(
        selected = isChosen,
        onClick = onClick,
        modifier = modifier.heightIn(min = Touch).widthIn(min = 64.dp),
        shape = MaterialTheme.shapes.medium,
        color = if (isChosen) colors.primaryContainer else colors.surfaceContainerHigh,
        contentColor = if (isChosen) colors.onPrimaryContainer else colors.onSurface,
        border = if (isChosen) BorderStroke(2.dp, colors.primary) else null,
    ) {
        Box(Modifier.heightIn(min = Touch).padding(horizontal = 14.dp, vertical = 8.dp), Alignment.Center) {
            Text(text, style = MaterialTheme.typography.labelLarge, textAlign = TextAlign.Center)
        }
    }
}
