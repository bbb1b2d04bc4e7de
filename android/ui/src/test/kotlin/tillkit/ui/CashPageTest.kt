package tillkit.ui

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onLast
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import tillkit.Amount
import tillkit.CountedPieces
import tillkit.CountedTender

/** How a drawer is counted, and what of it is recorded. */
@OptIn(ExperimentalTestApi::class)
class CashPageTest {
    private val asked = mutableListOf<CashEvent>()

    private fun page(
        state: CashState,
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) = onPhone(Shot("test") { CashPage(state, asked::add) }, test)

    private fun SkikoComposeUiTest.button(text: String) = onAllNodes(hasClickAction() and hasText(text)).onLast()

    private val pounds =
        Samples.tenders.map { if (it.tender == "cash") it.copy(facesMinor = listOf(50, 2000, 500, 2000, 1)) else it }
    private val drawer = Counted.of("cash", Samples.pounds(0), pounds).copy(isByPieces = true)

    private fun typed(vararg pieces: Pair<Long, String>) = drawer.copy(pieces = pieces.toMap())

    private fun counting(
        vararg tenders: Counted,
        isOpening: Boolean = false,
    ) = Samples.cash.copy(tenders = pounds, sheet = CashSheet.Counting(tenders.toList(), isOpening = isOpening))

    @Test
    fun `coins and notes are added up, and the count names them`() {
        assertEquals(listOf(2000L, 500L, 50L, 1L), drawer.facesMinor)
        val count = typed(2000L to "2", 50L to " 3 ", 1L to "0", 500L to "").counted()
        val pieces = listOf(CountedPieces(2000, 2u), CountedPieces(50, 3u))
        assertEquals(CountedTender("cash", 4150, "GBP", pieces), count)
    }

    @Test
    fun `a drawer without a typed number is not counted, and one with a nought is empty`() {
        assertNull(drawer.counted())
        assertNull(typed(500L to " ").counted())
        assertEquals(CountedTender("cash", 0, "GBP", emptyList()), typed(500L to "0").counted())
    }

    @Test
    fun `only a whole number of coins is read, and no sum is made of anything else`() {
        listOf("1.5", "1,5", "-2", "two", "1 000", "1000000").forEach { wrong ->
            val count = typed(2000L to "1", 500L to wrong)
            assertTrue(count.isUnreadable) { wrong }
            assertNull(count.counted())
        }
        assertEquals(499_999_500L, typed(500L to "999999").minor)
    }

    @Test
    fun `one amount and the coins are kept apart, and the one that is shown is counted`() {
        val both = typed(2000L to "2", 500L to "x").copy(digits = "1234")
        assertTrue(both.isUnreadable)

        val amount = both.copy(isByPieces = false)

        assertEquals(CountedTender("cash", 1234, "GBP", emptyList()), amount.counted())
        assertEquals("2", amount.pieces[2000L])
    }

    @Test
    fun `of a float only the sum is recorded`() {
        val sheet = CashSheet.Counting(listOf(typed(2000L to "2"), Counted.of("euros", Amount(0, "EUR", 2u), pounds)), isOpening = true)
        assertEquals(listOf(CountedTender("cash", 4000, "GBP", emptyList())), sheet.floats())
    }

    @Test
    fun `a tender without listed coins, or of another currency, is counted as one amount`() {
        assertEquals(emptyList<Long>(), Counted.of("card", Samples.pounds(0), pounds).facesMinor)
        assertEquals(emptyList<Long>(), Counted.of("cash", Amount(0, "EUR", 2u), pounds).facesMinor)
        page(counting(Counted.of("card", Samples.pounds(0), pounds))) {
            onNode(hasText(English.countPieces)).assertDoesNotExist()
            onNode(hasClickAction() and hasText("7")).assertExists()
        }
    }

    @Test
    fun `one can count coin by coin instead of one amount, and go back`() {
        page(counting(drawer.copy(isByPieces = false))) { button(English.countPieces).performClick() }
        page(counting(drawer)) {
            onNode(hasClickAction() and hasText("7")).assertDoesNotExist()
            button(English.typeOneAmount).performClick()
        }
        assertEquals(listOf<CashEvent>(CashEvent.CountByPieces(true), CashEvent.CountByPieces(false)), asked)
    }

    @Test
    fun `a row for each face value, the largest first, takes its number, and the sum is shown`() =
        page(counting(typed(2000L to "2", 50L to "3"))) {
            val fields = onAllNodes(hasSetTextAction()).fetchSemanticsNodes()
            assertEquals(4, fields.size)
            val tops = listOf("£20.00", "£5.00", "£0.50", "£0.01").map { field(it).fetchSemanticsNode().positionInRoot.y }
            assertEquals(tops.sorted(), tops)
            // On the tender's own button and as the sum.
            assertEquals(2, onAllNodes(hasText("£41.50", substring = true)).fetchSemanticsNodes().size)
            field("£5.00").performScrollTo().performTextInput("7")
            assertEquals(listOf<CashEvent>(CashEvent.Pieces(500, "7")), asked)
        }

    private fun SkikoComposeUiTest.field(face: String) = onNode(hasSetTextAction() and hasContentDescription(English.howManyOf(face)))

    @Test
    fun `nothing is recorded while a number of coins cannot be read, and it is said whose it is`() {
        val (wrong, said) = typed(500L to "1.5") to hasText("Cash: ${English.wholeNumbersOnly}")
        val card = Counted.of("card", Samples.pounds(0), pounds)
        val others = (counting(card, wrong).sheet as CashSheet.Counting).copy(at = 0)
        page(counting(wrong)) {
            button(English.closeDay).assertIsNotEnabled()
            onNode(said).assertExists()
        }
        page(counting().copy(sheet = others)) {
            button(English.closeDay).assertIsNotEnabled()
            onNode(said).assertExists()
        }
        page(counting(wrong, isOpening = true)) { button(English.openDay).assertIsNotEnabled() }
        page(counting(typed(500L to "1"))) {
            button(English.closeDay).assertIsEnabled()
            onNode(said).assertDoesNotExist()
        }
    }
}
