package tillkit.ui

import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasClickAction
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource

/** Everything that can be tapped is large enough for a thumb, and has words for who cannot see it. */
@OptIn(ExperimentalTestApi::class)
class ReachTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("shots")
    fun `a tap target is 48 dp tall and wide, and says what it is`(shot: Shot) =
        onPhone(shot) {
            val targets = onAllNodes(hasClickAction()).fetchSemanticsNodes()
            assertEquals(emptyList<String>(), targets.mapNotNull(::fault))
        }

    private fun fault(node: SemanticsNode): String? {
        val name = nameOf(node)
        val (width, height) = node.size.width / DENSITY to node.size.height / DENSITY
        return when {
            name.isBlank() -> "a target of $width × $height dp at ${node.boundsInRoot} has no name"
            width < SMALLEST || height < SMALLEST -> "$name is $width × $height dp"
            else -> null
        }
    }

    private fun nameOf(node: SemanticsNode): String {
        val texts =
            node.config
                .getOrNull(SemanticsProperties.Text)
                .orEmpty()
                .map { it.text }
        val descriptions = node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty()
        return (texts + descriptions).joinToString(" ")
    }

    private companion object {
        const val SMALLEST = 48f

        @JvmStatic
        fun shots() = Shots.all
    }
}
