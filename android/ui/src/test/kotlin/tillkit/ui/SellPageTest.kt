package tillkit.ui

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performClick
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import tillkit.HeldSale

/** What the selling page lets through, and what it asks for. */
@OptIn(ExperimentalTestApi::class)
class SellPageTest {
    private val asked = mutableListOf<SellEvent>()

    private fun page(
        state: SellState,
        strings: Strings = English,
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) = onPhone(Shot("test", strings = strings) { SellPage(state, hasScanner = false, asked::add) }, test)

    private fun SkikoComposeUiTest.button(text: String) = onNode(hasClickAction() and hasText(text, substring = true))

    @Test
    fun `what rounds to nothing in cash can be paid by card, or completed once the core says so`() {
        val open = Samples.sell(Samples.roundsToNothing).copy(isPaying = true)
        page(open) {
            button("Card").assertIsEnabled().performClick()
            assertEquals(listOf<SellEvent>(SellEvent.PayExact(Samples.tenders[0])), asked)
            button("Euros").assertDoesNotExist()
            button(English.complete).assertIsNotEnabled()
        }
        val payable = Samples.sell(Samples.roundsToNothing.copy(canComplete = true)).copy(isPaying = true)
        page(payable) {
            button("Card").assertExists()
            button(English.complete).assertIsEnabled()
        }
        page(open.copy(sheet = SellSheet.Amount(Samples.tenders[0]))) {
            onNode(hasText("£0.04")).assertExists()
        }
    }

    @Test
    fun `a code of several items is asked about, with their prices`() =
        page(Samples.sell(Samples.cart).copy(sheet = SellSheet.Which(Samples.hits.take(2)))) {
            onNode(hasText(English.whichItem)).assertExists()
            onNode(hasClickAction() and hasText("Earl Grey Tea") and hasText("£2.55")).assertExists()
            button("Teapot, Regency Blue").performClick()
            assertEquals(listOf<SellEvent>(SellEvent.AddHit(Samples.hits[1])), asked)
        }

    @Test
    fun `a held sale that cannot be taken up again can be given up`() {
        val held = HeldSale("h1", "blue coat", "Anna", 1_291_192_020_000, false)
        val sheet = SellSheet.Held(listOf(held))
        page(Samples.sell(Samples.cart).copy(sheet = sheet)) { button(English.cancelSale).assertDoesNotExist() }
        page(Samples.sell(Samples.cart).copy(sheet = sheet.copy(refused = "h1"))) {
            button(English.cancelSale).performClick()
            assertEquals(listOf<SellEvent>(SellEvent.Discard(held)), asked)
        }
    }

    @Test
    fun `a quantity with two readings is not taken, and both are named`() {
        fun typed(
            text: String,
            strings: Strings,
        ) = Samples.sell(Samples.cart).copy(sheet = SellSheet.Quantity(1, TypedQuantity.of(text, strings.locale)))
        page(typed("1,250", English)) {
            onNode(hasText("1,250 can be 1250 or 1.25. Type 1250 or 1.25.")).assertExists()
            button(English.save).assertIsNotEnabled()
        }
        page(typed("1.250", Czech), Czech) {
            onNode(hasText("1.250 může být 1250 nebo 1,25. Napište 1250 nebo 1,25.")).assertExists()
            button(Czech.save).assertIsNotEnabled()
        }
        page(typed("1,250", Czech), Czech) { button(Czech.save).assertIsEnabled() }
    }
}
