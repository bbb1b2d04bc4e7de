package tillkit.phone

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.awt.Color
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import javax.imageio.ImageIO

private const val FIRST_SYNC = """
    tap "Choose a centre"
    tap "Version"
    tap "Use this centre"
    wait "Synchronised:"
"""

private const val SIGN_IN = """
    tap "Menu"
    tap "Sell"
    tap "anna"
    type "1234"
    tap "Sign in"
    wait "New sale"
"""

private const val SELL_TEA = """
    type "tea"
    tap "Tea"
    tap "Pay £2.55"
    tap "Cash"
    tap "Complete"
    wait "Change"
"""

/** A cashier's first day, tapped on a phone without a display against a back office that runs. */
class PhoneTest {
    @TempDir
    lateinit var folder: File

    private fun options(shop: Shop) = Options(File(folder, "till"), shop.url, shop.code, out = File(folder, "shots"))

    private fun Options.play(script: String) {
        val log = StringBuilder()
        runBlocking { Phone.open(this@play) }.use { phone -> play(script.trimIndent().lines(), phone, this, log) }
    }

    @Test
    fun `from a pairing code to a sale at the back office, and back after a restart`() =
        Shop.open().use { shop ->
            val options = options(shop)
            options.play(
                """
                wait "No centre chosen yet"
                tap "Choose a centre"
                tap "Version"
                # The centre's rows are shown before anything is replaced.
                wait "to download"
                shot preview
                tap "Use this centre"
                wait "Synchronised:"
                shot synced
                $SIGN_IN
                $SELL_TEA
                shot receipt
                """,
            )
            listOf(
                "preview",
                "synced",
                "receipt",
            ).forEach { assertTrue(File(folder, "shots/$it.png").length() > 10_000) }

            // The same folder again: nothing is enrolled anew, the sale is there, and one tap sends it.
            options.play(
                """
                tap "Menu"
                tap "Synchronise"
                wait "document not sent"
                shot unsent
                tap "Sync everything"
                wait "Everything is sent"
                tap "Menu"
                tap "History"
                wait "T1"
                wait "£2.55"
                shot history
                """,
            )
        }

    @Test
    fun `a till that sells is enrolled again by a cashier who may, and sells on under its new series`() =
        Shop.open().use { shop ->
            options(shop).play(
                """
                $FIRST_SYNC
                $SIGN_IN
                $SELL_TEA
                tap "Menu"
                tap "Settings"
                tap "Text of the QR"
                type ${shop.pairAgain()}
                tap "Enrol this phone"
                # No Z of the next enrolment would list the tea.
                wait "the day to close"
                shot day-open
                tap "Menu"
                tap "Cash"
                tap "Close the day (Z)"
                tap "Close the day (Z)"
                wait "closed"
                tap "Menu"
                tap "Settings"
                tap "Enrol this phone"
                wait "No. 2"
                wait "T1B"
                shot again
                """,
            )
        }

    @Test
    fun `who chooses another centre is signed out, and its own users sign in after its first sync`() =
        Shop.open().use { shop ->
            shop.openNorth()
            options(shop).play(
                """
                tap "Choose a centre"
                tap "High Street"
                tap "Use this centre"
                wait "Synchronised:"
                $SIGN_IN
                tap "Menu"
                tap "Settings"
                tap "Choose another centre"
                tap "This till's centre"
                tap "Use this centre"
                wait "Synchronised:"
                # The same centre again signs nobody out.
                wait "anna"
                tap "Menu"
                tap "Settings"
                tap "Choose another centre"
                tap "North"
                wait "You will be signed out"
                shot preview
                tap "Use this centre"
                wait "Synchronised:"
                wait "North"
                tap "Menu"
                tap "Sell"
                wait "PIN of Zoe"
                type "5678"
                tap "Sign in"
                wait "New sale"
                shot north
                """,
            )
        }

    @Test
    fun `documents go to the back office by file, and its receipt says that it has them`() =
        Shop.open().use { shop ->
            val options = options(shop)
            options.play(
                """
                $FIRST_SYNC
                $SIGN_IN
                $SELL_TEA
                tap "Menu"
                tap "Settings"
                tap "Export unsent documents"
                wait "is saved"
                """,
            )
            val file =
                options.files
                    .resolve("out")
                    .listFiles()!!
                    .single()
            val receipts = options.files.resolve("in").apply { mkdirs() }
            File(receipts, "receipt").writeBytes(shop.post("documents/import", file.readBytes()))
            options.play(
                """
                tap "Menu"
                tap "Settings"
                tap "Take in a receipt"
                wait "of them were unsent until now"
                shot receipt-taken
                tap "Menu"
                tap "Synchronise"
                wait "Everything is sent"
                """,
            )
        }

    @Test
    fun `a code on two items is asked about, and the item that was meant is sold`() =
        Shop.open().use { shop ->
            shop.shareCode()
            options(shop).play(
                """
                $FIRST_SYNC
                $SIGN_IN
                type "MUG"
                enter
                wait "Which item?"
                wait "Blue Mug"
                wait "£4.25"
                shot which
                tap "Green Mug"
                tap "Pay £5.75"
                tap "Cash"
                tap "Complete"
                wait "Change"
                wait "Green Mug"
                """,
            )
        }

    @Test
    fun `a drawer is counted coin by coin, and the closure names the coins`() =
        Shop.open().use { shop ->
            shop.listCoins()
            options(shop).play(
                """
                $FIRST_SYNC
                $SIGN_IN
                tap "Menu"
                tap "Cash"
                tap "Open the day"
                tap "Count coins and notes"
                tap "How many of £20.00"
                type "1"
                tap "How many of £0.50"
                type "3"
                wait "£21.50"
                shot float
                tap "Open the day"
                wait "Open since"
                tap "Close the day (Z)"
                tap "Count coins and notes"
                tap "How many of £0.50"
                type "2.5"
                wait "Type whole numbers only"
                type "42"
                wait "£21.00"
                shot counted
                tap "Close the day (Z)"
                wait "Day closed"
                wait "Difference -£0.50"
                tap "Menu"
                tap "History"
                tap "Closure"
                wait "count: 42"
                wait "face_minor: 50"
                shot closure
                """,
            )
        }

    @Test
    fun `a picture that came down is seen`() =
        Shop.open().use { shop ->
            shop.show("tin")
            options(shop).play(
                """
                $FIRST_SYNC
                tap "Attachments"
                tap "Images"
                tap "tin"
                wait "image/png"
                shot picture
                """,
            )
            val shot = ImageIO.read(File(folder, "shots/picture.png"))
            val reds = (0 until shot.height).sumOf { y -> (0 until shot.width).count { x -> shot.getRGB(x, y) == Color.RED.rgb } }
            assertTrue(reds > 10_000) { "$reds red pixels" }
        }

    @Test
    fun `a script that finds no such text stops and says where`() {
        val stopped = assertThrows(ScriptStopped::class.java) { Step.parse("jump \"over\"") }
        assertEquals("jump is not a verb: jump \"over\"", stopped.message)
        assertEquals(Step.Wait("100 %"), Step.parse("  wait \"100 %\""))
        assertEquals(null, Step.parse("# nothing"))
    }

    @Test
    fun `a code without an address is refused`() {
        assertThrows(IllegalArgumentException::class.java) { Options.parse(listOf("--folder", "x", "--code", "y")) }
    }
}

/** A back office with a small shop, in a process of its own until it is closed. */
class Shop private constructor(
    private val process: Process,
    val url: String,
    val code: String,
    private val token: String,
) : AutoCloseable {
    /** The text of a QR that makes a phone the next enrolment of the till T1. */
    fun pairAgain(): String {
        val answer = post("tills/T1/pairing", ByteArray(0)).decodeToString()
        return Regex("\"qr\":(\\{[^}]*\\})").find(answer)!!.groupValues[1]
    }

    /** A second centre with one user of its own, who may everything. */
    fun openNorth() {
        val centre = """{"name":"North","currency":"GBP","vat_mode":"included","warehouse":"main"}"""
        ask("PUT", "centres/north", centre.toByteArray())
        val rows =
            """
            {"k":"unit","id":"pc","d":{"name":"pc","code":"C62"}}
            {"k":"warehouse","id":"main","d":{"name":"Shop"}}
            {"k":"vat_rate","id":"std","d":{"name":"Standard","percent":"20","category":"S"}}
            {"k":"tender","id":"cash","d":{"name":"Cash","kind":"cash","currency":"GBP","gives_change":true}}
            {"k":"currency","id":"GBP","d":{"name":"Pound"}}
            {"k":"item","id":"ice","d":{"name":"Ice","codes":["ICE"],"unit":"pc","vat":"std","price":"1.00"}}
            {"k":"role","id":"manager","d":{"name":"Manager","rights":["*"]}}
            {"k":"numerator","id":"*","d":{"pattern":"{series}-{number:6}"}}
            {"k":"receipt_layout","id":"main","d":{"header":[],"footer":[]}}
            {"k":"policy","id":"main","d":{"send":"automatic"}}
            """.trimIndent()
        post("centres/north/rows", "$rows\n".toByteArray())
        post("centres/north/users", """{"id":"zoe","name":"Zoe","role":"manager","pin":"5678"}""".toByteArray())
        post("centres/north/publish", ByteArray(0))
    }

    /** Publishes a second item with the code of the mug. */
    fun shareCode() {
        val green = """{"k":"item","id":"green","d":{"name":"Green Mug","codes":["MUG"],"unit":"pc","vat":"std","price":"5.75"}}"""
        post("centres/main/rows", "$green\n".toByteArray())
        post("centres/main/publish?shared_codes=yes", ByteArray(0))
    }

    /** Publishes what coins and notes there are, in no order. */
    fun listCoins() {
        val pound = """{"k":"currency","id":"GBP","d":{"name":"Pound","faces_minor":[50,2000,1,500]}}"""
        post("centres/main/rows", "$pound\n".toByteArray())
        post("centres/main/publish", ByteArray(0))
    }

    /** Publishes a red picture. */
    fun show(key: String) {
        val file = ByteArrayOutputStream()
        val red = BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB)
        red.createGraphics().run {
            color = Color.RED
            fillRect(0, 0, red.width, red.height)
        }
        ImageIO.write(red, "png", file)
        ask("PUT", "centres/main/images/$key?item=tea", file.toByteArray())
        post("centres/main/publish", ByteArray(0))
    }

    /** What its administration answers. */
    fun post(
        path: String,
        body: ByteArray,
    ) = ask("POST", path, body)

    private fun ask(
        method: String,
        path: String,
        body: ByteArray,
    ): ByteArray {
        val request =
            HttpRequest
                .newBuilder(URI("$url/admin/v1/$path"))
                .header("Authorization", "Bearer $token")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .build()
        val answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray())
        check(answer.statusCode() < 300) { answer.body().decodeToString() }
        return answer.body()
    }

    override fun close() {
        process.outputStream.close()
        process.destroy()
        process.waitFor()
    }

    companion object {
        fun open(): Shop {
            val xtask = File(System.getProperty("tillkit.xtask"))
            assertTrue(xtask.canExecute()) { "build it first: cargo build -p xtask; missing: $xtask" }
            val process =
                ProcessBuilder(
                    xtask.path,
                    "shop",
                    "--json",
                ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val line = process.inputStream.bufferedReader().readLine()

            fun value(name: String) = Regex("\"$name\":\"([^\"]*)\"").find(line)!!.groupValues[1]
            return Shop(process, value("url"), value("code"), value("admin_token"))
        }
    }
}
