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
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import tillkit.RefundPart
import java.math.BigDecimal

/** How the money of a return is split. */
@OptIn(ExperimentalTestApi::class)
class HistoryPageTest {
    private val asked = mutableListOf<HistoryEvent>()

    private fun page(
        returning: Returning,
        strings: Strings = English,
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) {
        val state = Samples.returning.copy(returning = returning)
        onPhone(Shot("test", strings = strings) { HistoryPage(state, asked::add) }, test)
    }

    private val card = Samples.splitting.returning!!.tenders[0]
    private val cash = Samples.splitting.returning!!.tenders[1]
    private val voucher = Samples.splitting.returning!!.tenders[2]
    private val whole = Samples.splitting.returning!!.copy(parts = emptyList())

    private fun Returning.with(vararg parts: BackPart) = copy(parts = parts.toList())

    private fun typed(
        text: String,
        strings: Strings = English,
    ) = TypedMoney.of(text, strings.locale, "GBP")

    @Test
    fun `each tender gives one part of the money, and the main one gives the rest`() {
        val one = whole.split()
        assertEquals(listOf(card, voucher), one.choicesOf(0))
        assertNull(one.parts.single().tender)

        val two = one.part(0) { copy(tender = card) }.split()

        // Only one is left, so nobody is asked.
        assertEquals(voucher, two.parts[1].tender)
        assertEquals(listOf(card), two.choicesOf(0))
        assertFalse(two.canSplit)
        assertEquals(two, two.split())
        assertEquals(listOf(voucher), two.without(0).parts.map { it.tender })
    }

    @Test
    fun `a part that went back by what becomes the main tender is asked for another`() {
        val split = whole.with(BackPart(card, typed("4")), BackPart(voucher, typed("1")))

        val changed = split.by(card)

        assertEquals(listOf(null, voucher), changed.parts.map { it.tender })
        assertEquals(listOf(cash), changed.choicesOf(0))
        assertTrue(changed.lacksPart)
    }

    @Test
    fun `a part is an amount above nothing by some tender`() {
        assertEquals(RefundPart("card", 450, "GBP"), BackPart(card, typed("4.50")).part)
        assertEquals(RefundPart("card", 450, "GBP"), BackPart(card, typed("4,50", Czech)).part)
        listOf("", "0", "-4", "4.505", "four", "1,250").forEach { assertNull(BackPart(card, typed(it)).part) { it } }
        assertNull(BackPart(null, typed("4.50")).part)
    }

    @Test
    fun `nothing is taken back before each part has its tender and its amount`() {
        val back = hasClickAction() and hasText(English.takeBack, substring = true) and hasText("2", substring = true)
        val (ready, nothing) = whole.with(BackPart(card, typed("4"))) to BigDecimal.ZERO
        page(ready) {
            onNode(back).assertIsEnabled()
            onNode(hasText(English.refundPartNeeded)).assertDoesNotExist()
            onNode(hasText(English.refundRestBy("Cash"))).assertExists()
        }
        listOf(BackPart(null, typed("4")), BackPart(card), BackPart(card, typed("four"))).forEach { lacking ->
            page(whole.with(lacking)) {
                onNode(back).assertIsNotEnabled()
                onNode(hasText(English.refundPartNeeded)).assertExists()
            }
        }
        assertFalse(ready.copy(lines = ready.lines.map { nothing }).canReturn)
        assertFalse(ready.copy(refund = null).canReturn)
    }

    @Test
    fun `an amount with two readings is not taken, and both are named`() {
        page(whole.with(BackPart(card, typed("1,250")))) {
            onNode(hasText("1,250 can be", substring = true)).assertExists()
        }
        page(whole.with(BackPart(card, typed("1.250", Czech))), Czech) {
            onNode(hasText("1.250 může být", substring = true)).assertExists()
        }
    }

    @Test
    fun `a part is added, chosen, removed and typed`() {
        page(whole) { onNode(hasClickAction() and hasText(English.addRefundPart)).performScrollTo().performClick() }
        page(whole.copy(refund = null)) { onNode(hasText(English.addRefundPart)).assertDoesNotExist() }
        page(whole.with(BackPart())) {
            // The main tender stands above the part's.
            onAllNodes(hasClickAction() and hasText("Card")).onLast().performScrollTo().performClick()
            onNode(hasContentDescription(English.removeRefundPart)).performScrollTo().performClick()
            onNode(hasSetTextAction()).performScrollTo().performTextInput("4.50")
        }
        val amount = HistoryEvent.PartAmount(0, typed("4.50"))
        val expected = listOf(HistoryEvent.AddPart, HistoryEvent.PartBy(0, card), HistoryEvent.RemovePart(0), amount)
        // The page of a test does not keep what is typed, and the field says that too.
        assertEquals(expected, asked.take(expected.size))
    }
}
