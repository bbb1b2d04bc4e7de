import Foundation
import TillKit

/// What went wrong, ready to be shown: the cause, whether data is safe, and what to do.
public struct ShownTrouble: Equatable, Sendable {
  /// The core's name for it.
  public let code: String
  /// In the cashier's language; the core's own sentence if there is no text for its code.
  public let cause: String
  /// The core's English sentence, with the facts, if it is not the cause already.
  public let facts: String?
  /// Always said.
  public let safety: String
  /// What a person can do.
  public internal(set) var advice: String?
}

/// How values are written: one language, one time zone, and the moment that "ago" counts from.
public struct Formats: Sendable {
  public let strings: any Strings
  let locale: Locale
  let timeZone: TimeZone
  let now: @Sendable () -> Date

  public init(
    _ strings: any Strings, timeZone: TimeZone = .current, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    (self.strings, self.timeZone, self.now) = (strings, timeZone, now)
    locale = Locale(identifier: strings.localeIdentifier)
  }

  /// The first of the phone's languages that there is, or English.
  public static var ofThisPhone: Formats {
    let isCzech = Locale.preferredLanguages.first?.hasPrefix("cs") ?? false
    return isCzech ? Formats(Czech()) : Formats(English())
  }

  // MARK: Numbers

  public func amount(_ amount: Amount) -> String {
    let sign: FloatingPointSign = amount.minor < 0 ? .minus : .plus
    let significand = Decimal(amount.minor.magnitude)
    let value = Decimal(sign: sign, exponent: -Int(amount.decimals), significand: significand)
    let style = Decimal.FormatStyle.Currency(code: amount.currency, locale: locale)
    return style.precision(.fractionLength(Int(amount.decimals))).format(value)
  }

  /// Amounts in several currencies, one after the other.
  public func amounts(_ amounts: [Amount]) -> String {
    amounts.map(amount).joined(separator: " · ")
  }

  /// A decimal price of the core, in its currency.
  public func price(_ price: String, _ currency: String) -> String {
    guard let value = Decimal(string: price) else { return "\(price) \(currency)" }
    return Decimal.FormatStyle.Currency(code: currency, locale: locale).format(value)
  }

  /// A decimal number of the core; what is none stays as it is.
  public func quantity(_ quantity: String) -> String {
    Decimal(string: quantity).map { Decimal.FormatStyle(locale: locale).format($0) } ?? quantity
  }

  public func count(_ count: UInt64) -> String {
    IntegerFormatStyle<UInt64>(locale: locale).format(count)
  }

  public func percent(_ percent: UInt8) -> String {
    IntegerFormatStyle<Int>.Percent(locale: locale).format(Int(percent))
  }

  public func bytes(_ bytes: UInt64) -> String {
    let style = FloatingPointFormatStyle<Double>(locale: locale).precision(.fractionLength(0...1))
    return switch bytes {
    case 1_000_000...: "\(style.format(Double(bytes) / 1_000_000)) MB"
    case 1_000...: "\(style.format(Double(bytes) / 1_000)) kB"
    default: "\(bytes) B"
    }
  }

  // MARK: Times

  /// "25 min ago"; a moment ahead of the clock is now.
  public func ago(_ ms: Int64) -> String {
    switch minutes(since: ms) {
    case ..<1: strings.justNow
    case let minutes where minutes < 60: strings.minutesAgo(minutes)
    case let minutes where minutes < 24 * 60: strings.hoursAgo(minutes / 60)
    case let minutes: strings.daysAgo(minutes / (24 * 60))
    }
  }

  /// "14 min": the same without the "ago".
  public func age(_ ms: Int64) -> String {
    switch minutes(since: ms) {
    case let minutes where minutes < 60: strings.minutes(max(0, minutes))
    case let minutes where minutes < 24 * 60: strings.hours(minutes / 60)
    case let minutes: strings.days(minutes / (24 * 60))
    }
  }

  /// The time of the day; with the date, if that is another day.
  public func moment(_ ms: Int64) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let isToday = calendar.isDate(date(ms), inSameDayAs: now())
    return dated(ms, isToday ? .omitted : .abbreviated, .shortened)
  }

  /// To the second: when the next try is due.
  public func momentExact(_ ms: Int64) -> String {
    dated(ms, .omitted, .standard)
  }

  /// "3 s": how long something took.
  public func duration(_ ms: UInt64) -> String {
    ms < 60_000 ? "\(ms / 1_000) s" : strings.minutes(Int(ms / 60_000))
  }

  /// A day of the core, `2026-03-09`; what is none stays as it is.
  public func businessDay(_ day: String) -> String {
    let written = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
    guard let date = try? Date(day, strategy: written) else { return day }
    var style = Date.FormatStyle(date: .abbreviated, time: .omitted, locale: locale)
    style.timeZone = .gmt
    return style.format(date)
  }

  /// Days of the core, `2026-03-09`, from today on.
  public func nextDays(_ count: Int) -> [String] {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let written = Date.ISO8601FormatStyle(timeZone: timeZone).year().month().day()
    return (0..<count).compactMap { calendar.date(byAdding: .day, value: $0, to: now()) }.map(written.format)
  }

  private func dated(
    _ ms: Int64, _ date: Date.FormatStyle.DateStyle, _ time: Date.FormatStyle.TimeStyle
  ) -> String {
    var style = Date.FormatStyle(date: date, time: time, locale: locale)
    style.timeZone = timeZone
    return style.format(self.date(ms))
  }

  private func date(_ ms: Int64) -> Date {
    Date(timeIntervalSince1970: Double(ms) / 1_000)
  }

  private func minutes(since ms: Int64) -> Int {
    Int(now().timeIntervalSince(date(ms)) / 60)
  }

  // MARK: What the core names

  public func title(ofSection name: String) -> String {
    SectionName(rawValue: name).map(strings.title(of:)) ?? name
  }

  public func titles(ofSections names: [String]) -> String {
    names.map(title(ofSection:)).joined(separator: ", ")
  }

  public func title(ofKind name: String) -> String {
    KindName(rawValue: name).map(strings.title(of:)) ?? name
  }

  public func title(ofStep name: String) -> String {
    StepName(rawValue: name).map(strings.title(of:)) ?? name
  }

  public func title(ofFact name: String) -> String {
    FactName(rawValue: name).map(strings.title(of:)) ?? name
  }

  /// What a fact of a row says.
  public func fact(_ fact: Fact) -> String {
    switch fact.value {
    case .text(let text): text
    case .number(let number): quantity(number)
    case .price(let price, let currency): self.price(price, currency)
    case .money(let amount): self.amount(amount)
    case .percent(let percent): "\(quantity(percent)) %"
    case .time(let atMs): moment(atMs)
    case .flag(let isSet): isSet ? strings.yes : strings.no
    }
  }

  /// What a sync changed, in numbers.
  public func changes(_ changes: ChangeSummary) -> String {
    let said = changes.counts.map { strings.count($0.what, $0.count, title(ofSection: $0.section)) }
    return said.joined(separator: " · ")
  }

  /// "£2.55 → £2.95", or the one that there is; and when it begins, if that is to come.
  public func fromTo(_ line: ChangeLine, _ currency: String) -> String {
    let values = [line.before, line.after].compactMap { $0 }.map { value in
      switch line.what {
      case .vat: "\(quantity(value)) %"
      default: Decimal(string: value) == nil ? value : price(value, currency)
      }
    }
    let begins = line.fromMs.map { strings.from(moment($0)) }
    return [values.joined(separator: " → "), begins].compactMap { $0 }.joined(separator: " ")
  }

  public func trouble(_ trouble: Trouble) -> ShownTrouble {
    let advice = strings.sentence(for: trouble.advice)
    return shown(trouble.code, trouble.sentence, isSafe: trouble.dataIsSafe, advice: advice)
  }

  public func trouble(_ error: TillError) -> ShownTrouble {
    if case .TwoReadings(let code, _, let isSafe, let text, let grouped, let decimal) = error {
      return ShownTrouble(
        code: code, cause: strings.twoReadings(text, grouped, decimal), facts: nil,
        safety: isSafe ? strings.dataSafe : strings.dataNotSafe, advice: nil)
    }
    return shown(error.code, error.sentence, isSafe: error.dataSafe, advice: nil)
  }

  private func shown(_ code: String, _ sentence: String, isSafe: Bool, advice: String?) -> ShownTrouble {
    let own = TroubleName(rawValue: code).map(strings.sentence(for:))
    return ShownTrouble(
      code: code, cause: own ?? sentence, facts: own == nil ? nil : sentence,
      safety: isSafe ? strings.dataSafe : strings.dataNotSafe, advice: advice)
  }
}
