/*
 * Money, rounding, VAT and documents as the core computes them, the same in every language; and the
 * facts of a refusal. Pure but for the key stores: call them from anywhere.
 */

package tillkit

/** Stable; shells translate by it. */
val TillException.code: String
    get() =
        when (this) {
            is TillTryAgain -> code
            is TillRefused -> code
            is TillTwoReadings -> code
            is TillSeveralItems -> code
            is TillForbidden -> code
            is TillNotReady -> code
            is TillDeviceFault -> code
            is TillSuspended -> code
        }

/** English, with the facts: what to show where there is no translation of [code]. */
val TillException.sentence: String
    get() =
        when (this) {
            is TillTryAgain -> sentence
            is TillRefused -> sentence
            is TillTwoReadings -> sentence
            is TillSeveralItems -> sentence
            is TillForbidden -> sentence
            is TillNotReady -> sentence
            is TillDeviceFault -> sentence
            is TillSuspended -> sentence
        }

/** Whether what was recorded is safe: say it, always. */
val TillException.dataSafe: Boolean
    get() =
        when (this) {
            is TillTryAgain -> dataSafe
            is TillRefused -> dataSafe
            is TillTwoReadings -> dataSafe
            is TillSeveralItems -> dataSafe
            is TillForbidden -> dataSafe
            is TillNotReady -> dataSafe
            is TillDeviceFault -> dataSafe
            is TillSuspended -> dataSafe
        }

/**
 * Reads an amount as a person of [locale] (a language tag, `cs-CZ`) types it, with no more decimals than the
 * currency has. Throws [TillTwoReadings] where it would have to guess: `1,250` in English.
 */
@Throws(TillException::class)
fun parseAmount(
    text: String,
    locale: String,
    currency: String,
): Amount = tillkit.ffi.parseAmount(text, locale, currency)

/** Reads a quantity as a person of [locale] types it, and returns a plain decimal number, not negative. */
@Throws(TillException::class)
fun parseQuantity(
    text: String,
    locale: String,
): String = tillkit.ffi.parseQuantity(text, locale)

/** Splits [minor] in proportion to [weights], losing nothing (largest-remainder method). */
@Throws(TillException::class)
fun splitMinor(
    minor: Long,
    weights: List<ULong>,
): List<Long> = tillkit.ffi.splitMinor(minor, weights)

/** What must be added to [dueMinor] so that coins of [stepMinor] can pay it. */
fun cashRoundingMinor(
    dueMinor: Long,
    stepMinor: Long,
): Long = tillkit.ffi.cashRoundingMinor(dueMinor, stepMinor)

/** The VAT of the amounts of one receipt at one rate: summed first, rounded once. */
@Throws(TillException::class)
fun vatOfReceipt(
    amountsMinor: List<Long>,
    percent: String,
    included: Boolean,
    currency: String,
): VatSplit = tillkit.ffi.vatOfReceipt(amountsMinor, percent, included, currency)

/** SHA-256 of a document's line, in hexadecimal. */
fun lineHash(line: ByteArray): String = tillkit.ffi.lineHash(line)

/** Whether a record as exported, `<signature> <line>`, was signed by the owner of [publicKey]. */
@Throws(TillException::class)
fun recordIsAuthentic(
    record: ByteArray,
    publicKey: String,
): Boolean = tillkit.ffi.recordIsAuthentic(record, publicKey)

/** The sync screen of a sample till, for previews and for tests that need no back office. */
fun sampleSyncScreen(sample: SyncSample): SyncScreen = tillkit.ffi.sampleSyncScreen(sample)

/** Seals with a key in a file that only its owner may read: for desktops, never for phones. */
fun fileKeyStore(path: String): SealingKeyStore = tillkit.ffi.fileKeyStore(path)

/** Seals with a key that is gone with the process: for previews and tests. */
@Throws(ServiceException::class)
fun memoryKeyStore(): SealingKeyStore = tillkit.ffi.memoryKeyStore()
