package tillkit

import org.json.JSONObject
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.TimeUnit

/**
 * A back office in a process of its own with a small published shop, `cargo xtask shop`: the centre
 * `main`; anna, PIN 1234, may everything, bob, PIN 4321, may sell; documents are sent by hand, settings
 * are confirmed. It ends when this is closed, and when the test's process ends.
 */
class BackOffice : AutoCloseable {
    private val process: Process
    private val adminToken: String
    private val http = HttpClient.newHttpClient()

    /** Where it answers. */
    val url: String

    /** The text of a QR that pairs a phone as the till T1. */
    val qr: String

    init {
        val xtask = File(System.getenv("TILLKIT_XTASK") ?: System.getProperty("tillkit.xtask"))
        check(xtask.canExecute()) { "there is no $xtask: cargo build -p xtask" }
        process = ProcessBuilder(xtask.path, "shop", "--json").redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val line = process.inputStream.bufferedReader().readLine() ?: error("the shop did not open")
        val facts = JSONObject(line)
        url = facts.getString("url")
        qr = facts.getString("qr")
        adminToken = facts.getString("admin_token")
    }

    /** A pairing code of a till, made where missing. */
    fun pairingCode(till: String): String {
        admin("PUT", "tills/$till", JSONObject(mapOf("name" to till)).toString())
        return JSONObject(admin("POST", "tills/$till/pairing")).getString("code")
    }

    /** Publishes the centre with the items of these keys and prices added or changed. */
    fun publish(prices: Map<String, String>) {
        val rows =
            prices.entries.joinToString("\n") { (key, price) ->
                val item =
                    mapOf(
                        "name" to (NAMES[key] ?: "Item $key of a long shelf"),
                        "codes" to listOf(CODES[key] ?: "CODE$key"),
                        "unit" to "pc",
                        "vat" to "std",
                        "price" to price,
                    )
                JSONObject(mapOf("k" to "item", "id" to key, "d" to item)).toString()
            }
        admin("POST", "centres/main/rows", rows)
        admin("POST", "centres/main/publish")
    }

    /** The documents that it holds of a till, `<signature> <line>` each. */
    fun documents(till: String): List<String> {
        val records = admin("GET", "documents?till=$till&enrolment=1")
        return records.lines().filter { it.isNotBlank() }
    }

    override fun close() {
        process.outputStream.close()
        // It waits for answers under way, which a test that failed may never take.
        if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    private fun admin(
        method: String,
        path: String,
        body: String = "",
    ): String {
        val request =
            HttpRequest
                .newBuilder(URI("$url/admin/v1/$path"))
                .header("Authorization", "Bearer $adminToken")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build()
        val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() < 300) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return answer.body()
    }

    private companion object {
        val NAMES = mapOf("tea" to "Earl Grey Tea", "mug" to "Blue Mug")
        val CODES = mapOf("tea" to "5901234123457", "mug" to "MUG")
    }
}
