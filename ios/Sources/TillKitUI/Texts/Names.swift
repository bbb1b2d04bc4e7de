// What the core names by a key and the screens by a text. Each is an enum, so that a text which a
// language lacks does not compile; a key of a newer core is none of them, and is shown as it came.

/// A row of the sync screen.
public enum SectionName: String, CaseIterable, Sendable {
  case directories, items, rates, customers, promotions, users, numerators, centre, attributes
  case appointments, orders, stock, attachments, sales, closures, cash
  case ordersMade = "orders_made"
  case customersMade = "customers_made"
  case stockDocuments = "stock_documents"
  case events
}

/// An object inside a section, or a kind of document.
public enum KindName: String, CaseIterable, Sendable {
  case unit, warehouse, vehicle, currency, tender
  case priceType = "price_type"
  case vatRate = "vat_rate"
  case travelType = "travel_type"
  case discountType = "discount_type"
  case globalPrice = "global_price"
  case item, price, group
  case itemUnit = "item_unit"
  case itemCode = "item_code"
  case groupLink = "group_link"
  case exchangeRate = "exchange_rate"
  case customer, promotion
  case promotionItem = "promotion_item"
  case user, role, numerator, centre, location, device, policy
  case receiptLayout = "receipt_layout"
  case attributeDefinition = "attribute_definition"
  case attributeValue = "attribute_value"
  case appointmentType = "appointment_type"
  case appointmentTemplate = "appointment_template"
  case appointment
  case transferOrder = "transfer_order"
  case salesOrder = "sales_order"
  case invoice
  case auditPlan = "audit_plan"
  case stockLevel = "stock_level"
  case stockCounted = "stock_counted"
  case image
  case sale
  case saleReturn = "return"
  case void, closure
  case cashMovement = "cash_movement"
  case order
  case customerMade = "customer_made"
  case goodsReceipt = "goods_receipt"
  case goodsReturn = "goods_return"
  case transfer, count
  case writeOff = "write_off"
  case event
}

/// A code of a trouble or a refusal that has a text of its own. The core's English sentence, with the
/// facts, stands beside it.
public enum TroubleName: String, CaseIterable, Sendable {
  case noRoute = "no-route"
  case noAddress = "no-address"
  case captivePortal = "captive-portal"
  case untrusted
  case serverDown = "server-down"
  case notAuthorised = "not-authorised"
  case clockWrong = "clock-wrong"
  case clock, version, unauthorised, revoked, superseded, busy
  case tooMany = "too-many"
  case codeUnknown = "code-unknown"
  case codeUsed = "code-used"
  case codeExpired = "code-expired"
  case badProof = "bad-proof"
  case wrongOffice = "wrong-office"
  case nothingPublished = "nothing-published"
  case noSubscription = "no-subscription"
  case mismatch
  case blobBad = "blob-bad"
  case tooManyRows = "too-many-rows"
  case waitsFor = "waits-for"
  case manifestDisbelieved = "manifest-disbelieved"
  case documentRefused = "document-refused"
  case notUnderstood = "not-understood"
  case malformed
  case notFound = "not-found"
  case tooLarge = "too-large"
  case `internal`
  case cancelled
  case diskFull = "disk-full"
  case folder
  case newerFile = "newer-file"
  case foreignFile = "foreign-file"
  case damagedFile = "damaged-file"
  case store, suspended
  case keyStore = "key-store"
  case copied
  case notEnrolled = "not-enrolled"
  case noCentre = "no-centre"
  case otherCentre = "other-centre"
  case otherBusiness = "other-business"
  case notSynced = "not-synced"
  case badSetting = "bad-setting"
  case wrongPin = "wrong-pin"
  case lockedOut = "locked-out"
  case noRight = "no-right"
  case unknown
  case severalItems = "several-items"
  case sharedCodes = "shared-codes"
  case badInput = "bad-input"
  case notInPlan = "not-in-plan"
  case noCredit = "no-credit"
  case tooLong = "too-long"
  case notForSale = "not-for-sale"
  case noRate = "no-rate"
  case noSale = "no-sale"
  case saleOpen = "sale-open"
  case notYet = "not-yet"
  case notReversible = "not-reversible"
  case receiptForged = "receipt-forged"
  case receiptUnreadable = "receipt-unreadable"
  case receiptOtherDocuments = "receipt-other-documents"
  case partRefused = "part-refused"
  case export
  case sale, money, printer
}

/// A step of the connection test.
public enum StepName: String, CaseIterable, Sendable {
  case resolve, connect, tls, office, version, clock, credential, centre
}

/// A member of a row, where the till's rows are shown.
public enum FactName: String, CaseIterable, Sendable {
  case active, bytes, category, code, codes, credit, currency, customer, decimals, email
  case address
  case enrolment, footer, group, header, item, items, kind, name, number, percent, phone, price
  case quantity, rate, role, source, till, unit, user, vat, warehouse
  case addressCity = "address.city"
  case addressCountry = "address.country"
  case addressPostCode = "address.post_code"
  case addressStreet = "address.street"
  case fromDay = "from_day"
  case fromMs = "from_ms"
  case mediaType = "media_type"
  case priceType = "price_type"
  case untilMs = "until_ms"
  case vatId = "vat_id"
}

/// What asked for a sync run.
public enum TriggerName: String, CaseIterable, Sendable {
  case row, confirmed, opening, closing, reconnect, schedule, poke
  case redButton = "red_button"
  case centreChosen = "centre_chosen"
}

/// How a sync run ended, if nothing was wrong.
public enum ResultName: String, CaseIterable, Sendable {
  case done, waiting, cancelled
  case nothingNew = "nothing_new"
}
