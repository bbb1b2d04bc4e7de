package tillkit.ui

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import tillkit.Advice
import tillkit.Trouble
import java.time.Instant
import java.time.ZoneOffset

/** What the core names by a code is said in both languages. */
class TextsTest {
    @Test
    fun `every code of the core has a sentence in English and in Czech`() {
        val silent = CODES.filter { English.trouble(it) == null || Czech.trouble(it) == null }
        assertEquals(emptyList<String>(), silent)
    }

    @Test
    fun `a code that lives by its facts is told with them, in every language`() {
        val trouble = Trouble("not-for-sale", "Blue Mug is not for sale", true, Advice.WAIT)
        val (english, czech) = listOf(English, Czech).map { Formats(it, ZoneOffset.UTC, Instant.EPOCH).trouble(trouble) }
        assertEquals("Blue Mug is not for sale.", english)
        assertEquals("${Czech.trouble("not-for-sale")} Blue Mug is not for sale.", czech)
    }

    private companion object {
        /** Of the till, the sync, the connection test, files and the back office's problems. */
        val CODES =
            """
            bad-input bad-proof bad-setting blob-bad busy cancelled captive-portal clock clock-wrong code-expired
            code-unknown code-used copied damaged-file disk-full export folder foreign-file internal key-store
            locked-out malformed manifest-disbelieved mismatch money newer-file no-address no-centre no-rate no-right
            no-route no-sale no-subscription not-authorised not-enrolled not-for-sale not-found not-in-plan no-credit too-long shared-codes
            not-reversible not-synced not-understood not-yet nothing-published other-business other-centre part-refused printer receipt-forged
            receipt-other-documents receipt-unreadable revoked sale sale-open server-down several-items store superseded suspended
            too-large too-many too-many-rows two-readings unauthorised unknown untrusted version waits-for wrong-office wrong-pin
            """.trim().split(Regex("\\s+"))
    }
}
