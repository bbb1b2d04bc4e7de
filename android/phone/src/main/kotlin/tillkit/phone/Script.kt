package tillkit.phone

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.toAwtImage
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ComposeTimeoutException
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollToNodeAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isFocused
import androidx.compose.ui.test.isRoot
import androidx.compose.ui.test.longClick
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.performMouseInput
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTextClearance
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTouchInput
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.runSkikoComposeUiTest
import androidx.compose.ui.test.waitUntilAtLeastOneExists
import androidx.compose.ui.unit.Density
import java.io.File
import javax.imageio.ImageIO
import kotlin.time.Duration
import androidx.compose.ui.input.key.Key as KeyOf

/** A line of a script that cannot be done; says what was on the screen instead. */
class ScriptStopped(
    message: String,
) : Exception(message)

/** A line of a script, read. */
sealed interface Step {
    /** Taps what has this text or description; waits for it first. */
    data class Tap(
        val name: String,
    ) : Step

    data class LongPress(
        val name: String,
    ) : Step

    /** Into the text field in use, or the only one; else key by key, as on the PIN pad. */
    data class Type(
        val text: String,
    ) : Step

    data object Enter : Step

    data object Back : Step

    /** Waits until this is on the screen, in a text or a description, whole or in part. */
    data class Wait(
        val text: String,
    ) : Step

    data class Shot(
        val name: String,
    ) : Step

    /** The phone tells the till that there is a network. */
    data object Network : Step

    companion object {
        /** Nothing for an empty line and for a comment. */
        fun parse(line: String): Step? {
            val text = line.trim()
            if (text.isEmpty() || text.startsWith("#")) return null
            val verb = text.substringBefore(' ')
            val value = text.substringAfter(' ', "").trim().removeSurrounding("\"")
            return when (verb) {
                "tap" -> Tap(value)
                "long" -> LongPress(value)
                "type" -> Type(value)
                "enter" -> Enter
                "back" -> Back
                "wait" -> Wait(value)
                "shot" -> Shot(value)
                "network" -> Network
                else -> throw ScriptStopped("$verb is not a verb: $text")
            }
        }
    }
}

/** Plays a script on a phone without a display, writing each line to `log` when it is done. */
@OptIn(ExperimentalTestApi::class)
fun play(
    lines: List<String>,
    phone: Phone,
    options: Options,
    log: Appendable,
) {
    val steps = lines.map { it to Step.parse(it) }
    val size = Size(PHONE.width.value * DENSITY, PHONE.height.value * DENSITY)
    runSkikoComposeUiTest(size, Density(DENSITY, options.fontScale), testTimeout = Duration.INFINITE) {
        setContent {
            App(phone, options)
        }
        steps.forEachIndexed { index, (line, step) ->
            if (step != null) {
                try {
                    perform(step, phone, options.out)
                } catch (failed: AssertionError) {
                    throw ScriptStopped("line ${index + 1}, $line: ${failed.message}")
                } catch (late: ComposeTimeoutException) {
                    throw ScriptStopped(
                        "line ${index + 1}, $line: not within $PATIENCE_MS ms; on the screen:\n${texts()}",
                    )
                }
                log.appendLine(line)
            }
        }
    }
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.perform(
    step: Step,
    phone: Phone,
    out: File,
) {
    when (step) {
        is Step.Tap -> target(step.name).performClick()
        is Step.LongPress -> target(step.name).performTouchInput { longClick() }
        is Step.Type -> type(step.text)
        Step.Enter -> field().performKeyInput { pressKey(KeyOf.Enter) }
        Step.Back -> phone.model.back()
        is Step.Wait -> waitUntilAtLeastOneExists(part(step.text), PATIENCE_MS)
        is Step.Shot -> shoot(File(out, "${step.name}.png"))
        Step.Network -> phone.networkAppeared()
    }
    waitForIdle()
}

private const val DENSITY = 2f
private const val PATIENCE_MS = 60_000L

private fun whole(name: String): SemanticsMatcher = hasText(name) or hasContentDescription(name)

private fun part(name: String): SemanticsMatcher = hasText(name, substring = true) or hasContentDescription(name, substring = true)

/** What a tap on this name means: the last of that name, since what lies on top is drawn last. */
@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.target(name: String): SemanticsNodeInteraction {
    val wanted = hasClickAction() and part(name)
    bringIntoView(wanted)
    waitUntilAtLeastOneExists(wanted, PATIENCE_MS)
    val exact = onAllNodes(hasClickAction() and whole(name))
    val (found, count) = exact.fetchSemanticsNodes().size.let { if (it > 0) exact to it else onAllNodes(wanted) to 0 }
    val shown = (0 until maxOf(count, found.fetchSemanticsNodes().size)).lastOrNull { isOnScreen(found[it]) }
    val node = if (shown != null) found[shown] else found.onFirst()
    runCatching { node.performScrollTo() }
    return node
}

/** A row of a long list exists only when it is scrolled to. */
@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.bringIntoView(wanted: SemanticsMatcher) {
    waitForIdle()
    if (onAllNodes(wanted).fetchSemanticsNodes().isNotEmpty()) return
    val lists = onAllNodes(hasScrollToNodeAction())
    if (lists.fetchSemanticsNodes().isNotEmpty()) runCatching { lists.onFirst().performScrollToNode(wanted) }
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.isOnScreen(node: SemanticsNodeInteraction): Boolean {
    val bounds = node.fetchSemanticsNode().boundsInRoot
    return bounds.width > 0 && bounds.height > 0
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.field(): SemanticsNodeInteraction {
    val inUse = onAllNodes(hasSetTextAction() and isFocused())
    return if (inUse.fetchSemanticsNodes().isNotEmpty()) inUse.onFirst() else onAllNodes(hasSetTextAction()).onFirst()
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.type(text: String) {
    if (onAllNodes(hasSetTextAction()).fetchSemanticsNodes().isEmpty()) {
        text.forEach { target(it.toString()).performClick() }
        return
    }
    field().run {
        performTextClearance()
        performTextInput(text)
    }
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.shoot(file: File) {
    // What was tapped last would look as if a mouse rested on it; a phone has none.
    onAllNodes(isRoot()).onFirst().performMouseInput {
        moveTo(Offset.Zero)
        exit()
    }
    waitForIdle()
    file.absoluteFile.parentFile.mkdirs()
    ImageIO.write(captureToImage().toAwtImage(), "png", file)
}

@OptIn(ExperimentalTestApi::class)
private fun SkikoComposeUiTest.texts(): String =
    onAllNodes(!isRoot())
        .fetchSemanticsNodes()
        .joinToString("\n") { node ->
            val said =
                node.config
                    .getOrNull(SemanticsProperties.Text)
                    .orEmpty()
                    .map { it.text }
            (said + node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty()).joinToString(" · ")
        }.lines()
        .filter(String::isNotBlank)
        .joinToString("\n")
