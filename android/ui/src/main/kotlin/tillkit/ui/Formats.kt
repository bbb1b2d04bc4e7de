package tillkit.ui

import androidx.compose.runtime.staticCompositionLocalOf
import tillkit.Amount
import tillkit.ChangeLine
import tillkit.ChangeSummary
import tillkit.ChangeWhat
import tillkit.Fact
import tillkit.FactFlag
import tillkit.FactMoney
import tillkit.FactNumber
import tillkit.FactPercent
import tillkit.FactPrice
import tillkit.FactText
import tillkit.FactTime
import tillkit.Trouble
import tillkit.UnsentView
import java.math.BigDecimal
import java.text.NumberFormat
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import java.util.Currency
import java.util.Locale

/** How values are written: one language, one zone, and the moment that "ago" counts from. */
data class Formats(
    val strings: Strings,
    val zone: ZoneId,
    val now: Instant,
) {
    private val locale get() = strings.locale

    fun amount(amount: Amount): String =
        money(BigDecimal.valueOf(amount.minor, amount.decimals.toInt()), amount.currency, amount.decimals.toInt())

    /** Amounts in several currencies, one after the other. */
    fun amounts(amounts: List<Amount>): String = amounts.joinToString(" · ") { amount(it) }

    /** A price per unit: at least the currency's decimals, more where the price has more. */
    fun price(
        price: String,
        currency: String,
    ): String {
        val number = price.toBigDecimalOrNull() ?: return "$price $currency"
        val decimals = knownCurrency(currency)?.defaultFractionDigits?.coerceAtLeast(0) ?: 2
        return money(number, currency, maxOf(decimals, number.stripTrailingZeros().scale()))
    }

    /** A decimal number as the language writes it; what is none stays as it is. */
    fun quantity(quantity: String): String {
        val number = quantity.toBigDecimalOrNull() ?: return quantity
        val format = NumberFormat.getNumberInstance(locale)
        format.maximumFractionDigits = maxOf(number.stripTrailingZeros().scale(), 0)
        return format.format(number)
    }

    fun count(count: ULong): String = count(count.toLong())

    fun count(count: Long): String = NumberFormat.getIntegerInstance(locale).format(count)

    fun percent(percent: Int): String {
        val format = NumberFormat.getPercentInstance(locale)
        return format.format(percent / 100.0)
    }

    fun bytes(bytes: ULong): String {
        val format = NumberFormat.getNumberInstance(locale)
        format.maximumFractionDigits = 1
        val size = bytes.toDouble()
        return when {
            size >= MEGA -> "${format.format(size / MEGA)} MB"
            size >= KILO -> "${format.format(size / KILO)} kB"
            else -> "${format.format(size)} B"
        }
    }

    /** "25 min ago"; a moment ahead of the clock is now. */
    fun ago(ms: Long): String {
        val since = Duration.between(Instant.ofEpochMilli(ms), now)
        return when {
            since < Duration.ofMinutes(1) -> strings.justNow
            since < Duration.ofHours(1) -> strings.minutesAgo(since.toMinutes())
            since < Duration.ofDays(1) -> strings.hoursAgo(since.toHours())
            else -> strings.daysAgo(since.toDays())
        }
    }

    /** "14 min": how long ago, without the "ago". */
    fun age(ms: Long): String {
        val since = Duration.between(Instant.ofEpochMilli(ms), now)
        return when {
            since < Duration.ofMinutes(1) -> "< ${strings.minutes(1)}"
            since < Duration.ofHours(1) -> strings.minutes(since.toMinutes())
            since < Duration.ofDays(1) -> strings.hours(since.toHours())
            else -> strings.days(since.toDays())
        }
    }

    /** The time of the day; with the date, if that is another day. */
    fun moment(ms: Long): String {
        val then = Instant.ofEpochMilli(ms).atZone(zone)
        val time = DateTimeFormatter.ofPattern("HH:mm", locale).format(then)
        val isToday = then.toLocalDate() == now.atZone(zone).toLocalDate()
        return if (isToday) time else "${date(ms)} $time"
    }

    /** To the second: when the next try is due. */
    fun momentExact(ms: Long): String = DateTimeFormatter.ofPattern("HH:mm:ss", locale).format(Instant.ofEpochMilli(ms).atZone(zone))

    fun time(ms: Long): String = DateTimeFormatter.ofPattern("HH:mm", locale).format(Instant.ofEpochMilli(ms).atZone(zone))

    fun day(ms: Long): LocalDate = Instant.ofEpochMilli(ms).atZone(zone).toLocalDate()

    fun date(ms: Long): String = date(day(ms))

    /** A day as the core writes it, `2026-03-09`. */
    fun businessDay(day: String): String = date(LocalDate.parse(day))

    /** Today and the days after it, as the core writes them. */
    fun nextDays(count: Int): List<String> =
        List(count) {
            now
                .atZone(zone)
                .toLocalDate()
                .plusDays(it.toLong())
                .toString()
        }

    /** "Mon 9 Mar": a day that is near. */
    fun shortDay(day: String): String = DateTimeFormatter.ofPattern(strings.shortDayPattern, locale).format(LocalDate.parse(day))

    private fun date(day: LocalDate): String = DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).withLocale(locale).format(day)

    /** The sentence of a trouble in this language, with its facts where it lives by them. */
    fun trouble(trouble: Trouble): String =
        listOfNotNull(said(trouble.code, trouble.sentence), facts(trouble.code, trouble.sentence)).joinToString(" ")

    /** What a code says in this language; what the core says of it, where that says more. */
    fun said(
        code: String,
        sentence: String,
    ): String = strings.trouble(code).takeUnless { isCoresOwn(code) } ?: sentence(sentence)

    /** The core's own sentence beside the translated one, where that lives by its facts. */
    fun facts(
        code: String,
        sentence: String,
    ): String? = sentence(sentence).takeIf { code in WITH_FACTS && !isCoresOwn(code) }

    /** The core speaks English, and knows which item, document or amount it is about. */
    private fun isCoresOwn(code: String) = code in WITH_FACTS && locale.language == Locale.ENGLISH.language

    fun safety(isSafe: Boolean): String = if (isSafe) strings.dataSafe else strings.dataNotSafe

    /** Amounts and age of what is unsent, in a line. */
    fun unsentFacts(unsent: UnsentView): String =
        listOfNotNull(
            unsent.amounts.takeIf { it.isNotEmpty() }?.let(::amounts),
            unsent.oldestMs?.let { strings.oldest(age(it)) },
        ).joinToString(" · ")

    /** What a fact of a row says. */
    fun fact(fact: Fact): String =
        when (val value = fact.value) {
            is FactText -> value.text
            is FactNumber -> quantity(value.number)
            is FactPrice -> price(value.price, value.currency)
            is FactMoney -> amount(value.amount)
            is FactPercent -> "${quantity(value.percent)} %"
            is FactTime -> moment(value.atMs)
            is FactFlag -> if (value.isSet) strings.yes else strings.no
        }

    /** What a sync changed, in numbers. */
    fun changes(changes: ChangeSummary): String =
        changes.counts.joinToString(" · ") { strings.changeCount(it.what, it.count.toLong(), strings.section(it.section)) }

    /** "£2.55 → £2.95", or the one that there is; and when it begins, if that is to come. */
    fun fromTo(
        line: ChangeLine,
        currency: String,
    ): String {
        val said = listOfNotNull(line.before, line.after).map { changed(line, it, currency) }
        return listOfNotNull(said.joinToString(" → "), line.fromMs?.let { strings.from(moment(it)) }).joinToString(" ")
    }

    private fun changed(
        line: ChangeLine,
        value: String,
        currency: String,
    ): String =
        when {
            value.toBigDecimalOrNull() == null -> value
            line.what == ChangeWhat.VAT -> "${quantity(value)} %"
            else -> price(value, currency)
        }

    /** "3 s": how long something took. */
    fun duration(ms: ULong): String {
        val took = Duration.ofMillis(ms.toLong())
        return if (took < Duration.ofMinutes(1)) "${took.toSeconds()} s" else strings.minutes(took.toMinutes())
    }

    private fun money(
        number: BigDecimal,
        currency: String,
        decimals: Int,
    ): String {
        val known = knownCurrency(currency)
        if (known == null) {
            val format = NumberFormat.getNumberInstance(locale)
            format.minimumFractionDigits = decimals
            format.maximumFractionDigits = decimals
            return "${format.format(number)} $currency"
        }
        val format = NumberFormat.getCurrencyInstance(locale)
        format.currency = known
        format.minimumFractionDigits = decimals
        format.maximumFractionDigits = decimals
        return format.format(number)
    }

    private fun knownCurrency(code: String): Currency? = runCatching { Currency.getInstance(code) }.getOrNull()

    companion object {
        private const val KILO = 1_000.0
        private const val MEGA = 1_000_000.0

        /** Codes that say too little without which item, document or amount it is about. */
        private val WITH_FACTS =
            setOf(
                "bad-input",
                "bad-setting",
                "export",
                "locked-out",
                "money",
                "no-rate",
                "not-for-sale",
                "not-in-plan",
                "no-credit",
                "shared-codes",
                "too-long",
                "not-reversible",
                "not-synced",
                "not-yet",
                "other-business",
                "receipt-other-documents",
                "sale",
                "several-items",
                "two-readings",
                "unknown",
                "wrong-office",
            )

        /** The core's sentences begin small and end without a stop. */
        fun sentence(text: String): String {
            val isWord = text.takeWhile { it != ' ' }.all { it.isLetter() || it == '\'' }
            val begun = if (isWord) text.replaceFirstChar { it.titlecase() } else text
            return if (begun.endsWith('.')) begun else "$begun."
        }
    }
}

/** The formats of the screen that is drawn. */
val LocalFormats = staticCompositionLocalOf { Formats(English, ZoneOffset.UTC, Instant.EPOCH) }

/** The texts of the screen that is drawn. */
val LocalStrings = staticCompositionLocalOf<Strings> { English }
