package tillkit

import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

/** The vectors that every language must compute alike: `tests/vectors` of the repository. */
class VectorsTest {
    @Test
    fun `amounts are read and split alike`() {
        val money = JSONObject(vectors("money"))
        for (case in money.cases("parse")) {
            val amount = parseAmount(case.getString("text"), case.getString("locale"), case.getString("currency"))
            val expected = Amount(case.getLong("minor"), case.getString("currency"), case.getInt("decimals").toUInt())
            assertEquals(expected, amount)
        }
        for (case in money.cases("refused")) {
            val refusal =
                refused<TillException>(case) {
                    parseAmount(case.getString("text"), case.getString("locale"), case.getString("currency"))
                }
            val readings = (refusal as? TillTwoReadings)?.let { listOf(it.grouped.shown, it.decimal.shown) }
            assertEquals(case.optJSONArray("readings")?.toList(), readings, "$case")
            assertEquals(if (readings == null) "money" else "two-readings", refusal.code)
        }
        for (case in money.cases("split")) {
            assertEquals(case.longs("parts"), splitMinor(case.getLong("minor"), case.weights()))
        }
        for (case in money.cases("split_refused")) {
            refused<TillRefused>(case) { splitMinor(case.getLong("minor"), case.weights()) }
        }
    }

    @Test
    fun `cash is rounded alike`() {
        for (case in JSONObject(vectors("rounding")).cases("cash")) {
            val rounding = cashRoundingMinor(case.getLong("due_minor"), case.getLong("step_minor"))
            assertEquals(case.getLong("rounding_minor"), rounding, "$case")
        }
    }

    @Test
    fun `the VAT of a receipt is the same`() {
        for (case in JSONArray(vectors("vat")).objects()) {
            val split =
                vatOfReceipt(
                    case.longs("amounts_minor"),
                    case.getString("percent"),
                    case.getBoolean("included"),
                    case.getString("currency"),
                )
            val expected =
                VatSplit(case.getLong("net_minor"), case.getLong("vat_minor"), case.getLong("gross_minor"))
            assertEquals(expected, split, "$case")
        }
    }

    @Test
    fun `documents hash alike, and their signatures verify`() {
        for (case in JSONArray(vectors("documents")).objects()) {
            val record = case.getString("record")
            val (key, line) = case.getString("public_key") to record.substringAfter(' ')
            assertEquals(case.getString("hash"), lineHash(line.toByteArray()))
            assertTrue(recordIsAuthentic(record.toByteArray(), key))
            val forged = record.replace("\"enrolment\":1", "\"enrolment\":2")
            assertFalse(recordIsAuthentic(forged.toByteArray(), key))
        }
    }

    @Test
    fun `screens show the same`() {
        val cases = JSONArray(vectors("screens")).objects()
        assertEquals(SyncSample.entries.map { it.name.lowercase() }, cases.map { it.getString("sample") })
        for (case in cases) {
            val screen = sampleSyncScreen(SyncSample.valueOf(case.getString("sample").uppercase()))
            assertEquals(case.toMap(), summary(case.getString("sample"), screen))
        }
    }

    /** The parts of a screen that the vectors name. */
    private fun summary(
        sample: String,
        screen: SyncScreen,
    ): Map<String, Any?> {
        val (line, lineCode) =
            when (val state = screen.line) {
                is LineUnknown -> "unknown" to null
                is LineOnline -> "online" to null
                is LineOffline -> "offline" to state.trouble.code
            }
        val (button, buttonCode) =
            when (val state = screen.button) {
                is ButtonOff -> "off" to state.trouble.code
                is ButtonReady -> "ready" to null
                is ButtonRunning -> "running" to null
            }
        return mapOf(
            "sample" to sample,
            "line" to line,
            "line_code" to lineCode,
            "button" to button,
            "button_code" to buttonCode,
            "can_sell" to screen.canSell,
            "missing" to screen.missing.map { it.section },
            "news" to screen.news?.generation?.toInt(),
            "percent" to screen.run?.percent?.toInt(),
            "unsent" to screen.unsent.documents.toInt(),
            "states" to screen.rows.associate { it.section to it.state.name.lowercase() },
        )
    }

    private fun vectors(name: String) = File("../../tests/vectors/$name.json").readText()

    private fun JSONArray.objects(): List<JSONObject> = map { it as JSONObject }

    private fun JSONObject.cases(name: String): List<JSONObject> = getJSONArray(name).objects()

    private fun JSONObject.longs(name: String): List<Long> = getJSONArray(name).map { (it as Number).toLong() }

    private fun JSONObject.weights(): List<ULong> = longs("weights").map { it.toULong() }
}
