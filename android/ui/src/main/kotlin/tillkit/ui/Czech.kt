package tillkit.ui

import tillkit.Advice
import tillkit.Blockers
import tillkit.CashMove
import tillkit.ChangeWhat
import tillkit.DeliveryMark
import tillkit.ObjectMark
import tillkit.Reading
import tillkit.RowState
import tillkit.RunStage
import java.util.Locale

/** Czech. */
object Czech : Strings {
    override val locale: Locale = Locale.forLanguageTag("cs-CZ")

    override val menu = "Nabídka"
    override val close = "Zavřít"
    override val back = "Zpět"
    override val cancel = "Zrušit"
    override val confirm = "Potvrdit"
    override val delete = "Smazat"

    override val sell = "Prodej"
    override val history = "Historie"
    override val synchronise = "Synchronizace"
    override val cash = "Hotovost"
    override val goods = "Zboží"
    override val settings = "Nastavení"
    override val signOut = "Odhlásit"
    override val locked = "Otevře se po první synchronizaci"

    override fun signedInAs(user: String) = "Přihlášen: $user"

    override fun till(till: String) = "Pokladna $till"

    override val syncEverything = "Synchronizovat vše"
    override val syncEverythingLong = "Vybrat, co synchronizovat"
    override val syncAll = "Vše"
    override val syncAllWithoutAttachments = "Vše bez příloh"
    override val syncCancel = "Zrušit"
    override val online = "Online"
    override val offline = "Offline"
    override val notAskedYet = "Centrála zatím nebyla dotázána"
    override val neverSynced = "Ještě nebylo synchronizováno vše"
    override val nothingUnsent = "Vše je odesláno"
    override val notReceived = "Nic nového nepřichází:"
    override val notSent = "Doklady se neodesílají:"
    override val fromCentre = "Z centrály na pokladnu"
    override val fromTill = "Z pokladny do centrály"
    override val whatToDo = "Co dělat:"
    override val dataSafe = "Vaše data jsou v bezpečí."
    override val dataNotSafe = "Vaše data mohou být ohrožena: nevypínejte telefon a zavolejte pomoc."
    override val news = "Je připraveno nové nastavení"
    override val nothingHere = "Nic zde není"
    override val pictureMissing = "Obrázek ještě nepřišel"
    override val pictureUnreadable = "Tento telefon obrázek neumí zobrazit"
    override val moreObjects = "Zobrazit další"
    override val willBeReplaced = "Příští synchronizace to nahradí"
    override val documentsBar = "Odeslané doklady"
    override val down = "Přichází z centrály"
    override val up = "Odchází do centrály"
    override val showDetails = "Zobrazit fáze"
    override val hideDetails = "Skrýt podrobnosti"
    override val unnamedRun = "Synchronizuje se vše"
    override val firstSyncHint = "Prodej se otevře po první synchronizaci. Klepněte na červené tlačítko."

    override fun quickSync(unsent: Long) = "Synchronizovat vše, neodeslané doklady: $unsent"

    override fun syncRow(title: String) = "Synchronizovat: $title"

    override fun openRow(title: String) = "Zobrazit obsah: $title"

    override fun offlineSince(moment: String) = "Offline od $moment"

    override fun lastFullSync(ago: String) = "Poslední úplná synchronizace $ago"

    override fun nextTry(moment: String) = "další pokus v $moment"

    override fun lastRight(ago: String) = "naposledy v pořádku $ago"

    override fun lastSent(ago: String) = "naposledy odesláno $ago"

    override fun unsent(count: Long) = plural(count, "neodeslaný doklad", "neodeslané doklady", "neodeslaných dokladů")

    override fun oldest(age: String) = "nejstarší $age"

    override fun newsSections(titles: String) = "$titles: potvrďte a bude se podle nich prodávat."

    override fun localEditsGo(count: Long) = "$count ${plural(count, "změna", "změny", "změn")} z této pokladny se nahradí."

    override fun redRows(titles: String) = "Vyžaduje pozornost: $titles"

    override fun lacking(titles: String) = "Ještě chybí: $titles"

    override fun runningOf(title: String) = "Synchronizuje se: $title"

    override fun running(percent: Int) = "Probíhá, $percent %"

    override fun generation(number: String) = "Nastavení verze $number"

    override fun section(name: String) =
        when (name) {
            "directories" -> "Číselníky"
            "items" -> "Zboží"
            "rates" -> "Kurzovní lístek"
            "customers" -> "Zákazníci"
            "promotions" -> "Akce"
            "users" -> "Uživatelé"
            "numerators" -> "Číselné řady"
            "centre" -> "Středisko"
            "attributes" -> "Doplňkové údaje"
            "appointments" -> "Schůzky"
            "orders" -> "Objednávky"
            "stock" -> "Zásoby"
            "attachments" -> "Přílohy"
            "sales" -> "Prodeje"
            "closures" -> "Uzávěrky"
            "cash" -> "Pohyby hotovosti"
            "orders_made" -> "Zdejší objednávky"
            "customers_made" -> "Zdejší zákazníci"
            "stock_documents" -> "Skladové doklady"
            "events" -> "Události"
            else -> name
        }

    override fun kind(name: String) =
        when (name) {
            "unit" -> "Měrné jednotky"
            "warehouse" -> "Sklady"
            "price_type" -> "Typy cen"
            "vat_rate" -> "Sazby DPH"
            "tender" -> "Formy úhrady"
            "vehicle" -> "Vozidla"
            "travel_type" -> "Typy jízd"
            "currency" -> "Měny"
            "discount_type" -> "Typy slev"
            "global_price" -> "Globální ceny"
            "item" -> "Karty zboží"
            "item_unit" -> "Jednotky zboží"
            "item_code" -> "Kódy zboží"
            "price" -> "Ceny"
            "group" -> "Skupiny"
            "group_link" -> "Zboží ve skupinách"
            "exchange_rate" -> "Kurzy"
            "customer" -> "Zákazníci"
            "promotion" -> "Akce"
            "promotion_item" -> "Zboží v akcích"
            "user" -> "Uživatelé"
            "role" -> "Role"
            "numerator" -> "Číselné řady"
            "centre" -> "Středisko"
            "location" -> "Provozovny"
            "receipt_layout" -> "Vzhled účtenky"
            "device" -> "Zařízení"
            "policy" -> "Pravidla"
            "attribute_definition" -> "Definice"
            "attribute_value" -> "Hodnoty"
            "appointment_type" -> "Typy schůzek"
            "appointment_template" -> "Šablony schůzek"
            "appointment" -> "Schůzky"
            "transfer_order" -> "Příkazy k převodu"
            "sales_order" -> "Objednávky"
            "invoice" -> "Faktury"
            "audit_plan" -> "Plány inventur"
            "stock_level" -> "Stavy zásob"
            "stock_counted" -> "Započtené doklady"
            "image" -> "Obrázky"
            "sale" -> "Prodej"
            "return" -> "Vratka"
            "void" -> "Storno"
            "closure" -> "Uzávěrka"
            "cash_movement" -> "Pohyb hotovosti"
            "order" -> "Objednávka"
            "customer_made" -> "Nový zákazník"
            "goods_receipt" -> "Příjemka"
            "goods_return" -> "Vrácení zboží"
            "transfer" -> "Převodka"
            "count" -> "Inventura"
            "write_off" -> "Odpis"
            "event" -> "Událost"
            else -> name
        }

    override fun state(state: RowState) =
        when (state) {
            RowState.NEVER -> "Ještě nepřišlo"
            RowState.UP_TO_DATE -> "Aktuální"
            RowState.BEHIND -> "Čeká nová verze"
            RowState.UNSENT -> "Neodesláno"
            RowState.WAITING -> "Čeká na řadu"
            RowState.RUNNING -> "Probíhá"
            RowState.FAILED -> "Nepodařilo se"
            RowState.BLOCKED -> "Čeká na jiný řádek"
            RowState.NOT_USED -> "Tato verze nepoužívá"
        }

    override fun mark(mark: ObjectMark) =
        when (mark) {
            ObjectMark.NEVER -> "Ještě nepřišlo"
            ObjectMark.VERIFIED -> "Ověřeno"
            ObjectMark.RED -> "Nepřišlo správně; platí dosavadní"
        }

    override fun stage(stage: RunStage) =
        when (stage) {
            RunStage.CONTACTING -> "Dotaz na centrálu"
            RunStage.RECEIVING -> "Příjem dat"
            RunStage.WAITING_FOR_RECEIPT -> "Připraveno, čeká na tuto účtenku"
            RunStage.APPLYING -> "Uvádí se v platnost"
            RunStage.SENDING -> "Odesílání dokladů"
        }

    override fun advice(advice: Advice) =
        when (advice) {
            Advice.WAIT -> "Nic, zkusí se to samo znovu."
            Advice.CHECK_NETWORK -> "Zkontrolujte, zda má telefon síť."
            Advice.SIGN_IN_TO_NETWORK -> "Otevřete webovou stránku a přihlaste se k síti."
            Advice.SET_CLOCK -> "Nastavte v telefonu automatické datum a čas."
            Advice.UPDATE -> "Aktualizujte aplikaci, nebo požádejte o aktualizaci centrály."
            Advice.PAIR_AGAIN -> "Vyžádejte si v centrále párovací kód a zaregistrujte telefon v Nastavení."
            Advice.CHOOSE_CENTRE -> "Vyberte středisko v Nastavení."
            Advice.TAP_ROW -> "Klepněte na ikonu řádku a zkuste to znovu."
            Advice.FREE_SPACE -> "Uvolněte místo v telefonu."
            Advice.ASK_BACK_OFFICE -> "Požádejte centrálu, ať se na to podívá."
        }

    override fun trouble(code: String): String? =
        when (code) {
            "no-route" -> "Centrála není dostupná."
            "no-address" -> "Pod touto adresou nic není."
            "receipt-forged" -> "Potvrzení není od centrály této pokladny."
            "receipt-other-documents" -> "Potvrzení je o jiných dokladech."
            "part-refused" -> "Údaje zákazníka nebyly přijaty."
            "captive-portal" -> "V cestě je přihlašovací stránka sítě."
            "untrusted" -> "Certifikát centrály není důvěryhodný."
            "server-down" -> "Centrála teď nemůže pracovat."
            "not-authorised", "unauthorised" -> "Centrála tuto pokladnu nepřijímá."
            "revoked" -> "Pokladna byla odebrána: může jen odesílat."
            "clock-wrong", "clock" -> "Hodiny telefonu jdou příliš jinak."
            "version" -> "Aplikace a centrála mají různé verze."
            "not-understood" -> "Odpovědi centrály nelze rozumět."
            "manifest-disbelieved" -> "Data z centrály nejsou správně podepsána."
            "blob-bad" -> "Část dat přišla poškozená."
            "mismatch" -> "Přišlo něco jiného, než centrála zveřejnila."
            "waits-for" -> "Čeká na řádek, který potřebuje."
            "superseded" -> "Centrála zná novější stav této pokladny."
            "nothing-published" -> "Středisko zatím nic nezveřejnilo."
            "no-subscription" -> "Tato pokladna nemá zvolené středisko."
            "cancelled" -> "Zrušeno."
            "disk-full" -> "Úložiště telefonu je plné."
            "store" -> "Úložiště telefonu odmítlo."
            "folder" -> "Složku aplikace nelze použít."
            "suspended" -> "Pokladna spí."
            "newer-file" -> "Soubory pokladny jsou z novější verze aplikace."
            "foreign-file" -> "Soubor pokladny patří jiné aplikaci."
            "damaged-file" -> "Soubor pokladny je poškozený."
            "not-enrolled" -> "Tento telefon ještě není pokladnou."
            "copied" -> "Pokladna byla zkopírována nebo obnovena a musí se znovu zaregistrovat."
            "key-store" -> "Úložiště klíčů telefonu odmítlo."
            "wrong-office" -> "Odpovídá jiná centrála, než je v QR."
            "no-centre" -> "Není vybráno středisko."
            "other-centre" -> "Bylo zvoleno jiné středisko: přihlaste se znovu."
            "other-business" -> "Tato centrála patří jiné firmě a doklady pro tu předchozí nejsou odeslané."
            "not-synced" -> "První synchronizace není dokončena."
            "bad-setting" -> "Některé nastavení z centrály nelze použít."
            "wrong-pin" -> "Uživatel a PIN k sobě nepatří."
            "locked-out" -> "Příliš mnoho chybných PINů: chvíli počkejte."
            "no-right" -> "K tomu nemáte právo."
            "unknown" -> "Nic takového tu není."
            "several-items" -> "Tento kód má více položek zboží."
            "shared-codes" -> "Jeden kód má dvě položky zboží. Obraťte se na kancelář obchodu."
            "no-credit" -> "Tento zákazník nemá účet. Zvolte jiný způsob platby."
            "too-long" -> "Tento doklad je příliš dlouhý. Dokončete ho a začněte další."
            "two-readings" -> "To mohou být dvě čísla."
            "bad-input" -> "Takto, jak je to napsáno, to nejde."
            "not-in-plan" -> "Toto zboží v plánu inventury není."
            "not-for-sale" -> "Toto zboží není na prodej."
            "no-rate" -> "Pro dnešek chybí kurz této měny."
            "no-sale" -> "Není otevřen žádný prodej."
            "sale-open" -> "Prodej je otevřen: dokončete ho, odložte nebo zrušte."
            "not-yet" -> "Nejdřív odešlete doklady, dokončete odložené prodeje a uzavřete den."
            "not-reversible" -> "Tento doklad nelze stornovat ani vrátit."
            "sale" -> "Takto to zapsat nelze: zkontrolujte řádky a částky."
            "money" -> "Částka není správně."
            "printer" -> "Tiskárna netiskne."
            "receipt-unreadable" -> "Tento soubor není potvrzení od centrály."
            "export" -> "Soubor se nepodařilo zapsat."
            "too-many-rows" -> "Centrála má více řádků, než pokladna pojme."
            "bad-proof" -> "Centrála nevěří klíči tohoto telefonu."
            "not-found" -> "Centrála nic takového pro tuto pokladnu nemá."
            "too-large" -> "To je víc, než centrála najednou přijme."
            "malformed" -> "Centrála této pokladně nerozuměla."
            "code-unknown" -> "Takový párovací kód neexistuje."
            "code-used" -> "Párovací kód už použil jiný telefon."
            "code-expired" -> "Platnost párovacího kódu vypršela."
            "too-many" -> "Příliš mnoho pokusů: chvíli počkejte."
            "busy" -> "Centrála je zaneprázdněna."
            "internal" -> "Centrála selhala."
            else -> null
        }

    override val findObject = "Název nebo klíč"
    override val notUsedHint = "Tato verze aplikace tyto řádky nepoužívá. Zůstávají uložené."
    override val nothingChanged = "Zatím se nic nezměnilo"
    override val nothingChangedHint =
        "Nové položky, ceny, DPH a to, co už není v prodeji, se zde objeví po další synchronizaci."
    override val copyRuns = "Kopírovat pro podporu"
    override val runsCopied = "Zkopírováno. Neobsahuje jména, částky ani klíče."
    override val yes = "ano"
    override val no = "ne"

    override fun tab(tab: SyncTab) =
        when (tab) {
            SyncTab.NOW -> "Nyní"
            SyncTab.RECEIVED -> "Přijaté"
            SyncTab.SENT -> "Odeslané"
            SyncTab.RUNS -> "Deník"
        }

    override fun waitsFor(title: String) = "Čeká na: $title"

    override fun confirmed(
        through: String,
        head: String?,
    ) = if (head == null) "Centrála potvrzuje 1–$through" else "Centrála potvrzuje 1–$through z $head"

    override fun changed(ago: String) = "Změněno $ago"

    override fun change(what: ChangeWhat) =
        when (what) {
            ChangeWhat.PRICE -> "Cena"
            ChangeWhat.EDIT -> "Změněno zde, nahrazeno"
            ChangeWhat.VAT -> "DPH"
            ChangeWhat.NEW -> "Nové"
            ChangeWhat.BACK -> "Opět v prodeji"
            ChangeWhat.GONE -> "Už není v prodeji"
            ChangeWhat.ADDED -> "Přidáno"
            ChangeWhat.CHANGED -> "Změněno"
            ChangeWhat.REMOVED -> "Odebráno"
        }

    override fun changeCount(
        what: ChangeWhat,
        count: Long,
        title: String,
    ) = when (what) {
        ChangeWhat.PRICE -> "ceny: $count"
        ChangeWhat.EDIT -> "změněno zde a nahrazeno: $count"
        ChangeWhat.VAT -> "jiné DPH: $count"
        ChangeWhat.NEW -> "nové položky: $count"
        ChangeWhat.BACK -> "opět v prodeji: $count"
        ChangeWhat.GONE -> "už není v prodeji: $count"
        ChangeWhat.ADDED -> "$title: přidáno $count"
        ChangeWhat.CHANGED -> "$title: změněno $count"
        ChangeWhat.REMOVED -> "$title: odebráno $count"
    }

    override fun from(moment: String) = "od $moment"

    override fun fact(name: String) =
        when (name) {
            "active" -> "Aktivní"
            "address" -> "Adresa"
            "address.city" -> "Město"
            "address.country" -> "Země"
            "address.post_code" -> "PSČ"
            "address.street" -> "Ulice"
            "bytes" -> "Bajty"
            "category" -> "Kategorie"
            "code" -> "Kód"
            "codes" -> "Kódy"
            "credit" -> "Na účet"
            "currency" -> "Měna"
            "customer" -> "Zákazník"
            "decimals" -> "Desetinná místa"
            "email" -> "E-mail"
            "enrolment" -> "Registrace"
            "footer" -> "Pata"
            "from_day", "from_ms" -> "Od"
            "group" -> "Skupina"
            "header" -> "Hlava"
            "item" -> "Položka"
            "items" -> "Položky"
            "kind" -> "Druh"
            "media_type" -> "Typ"
            "name" -> "Název"
            "number" -> "Číslo"
            "percent" -> "Procento"
            "phone" -> "Telefon"
            "price" -> "Cena"
            "price_type" -> "Typ ceny"
            "quantity" -> "Množství"
            "rate" -> "Kurz"
            "role" -> "Role"
            "source" -> "Zdroj"
            "till" -> "Pokladna"
            "unit" -> "Jednotka"
            "until_ms" -> "Do"
            "user" -> "Uživatel"
            "vat" -> "DPH"
            "vat_id" -> "DIČ"
            "warehouse" -> "Sklad"
            else -> name
        }

    override fun trigger(trigger: String) =
        when (trigger) {
            "row" -> "ikona řádku"
            "red_button" -> "červené tlačítko"
            "confirmed" -> "potvrzeno"
            "centre_chosen" -> "volba střediska"
            "opening" -> "otevření dne"
            "closing" -> "uzavření dne"
            "reconnect" -> "nový pokus"
            "schedule" -> "podle hodin"
            "poke" -> "novinka z centrály"
            else -> trigger
        }

    override fun runResult(result: String) =
        when (result) {
            "done" -> "Dokončeno"
            "nothing_new" -> "Dokončeno, nic nového"
            "waiting" -> "Něco nového čeká na potvrzení"
            "cancelled" -> "Zrušeno"
            else -> result
        }

    override fun received(
        rows: String,
        size: String,
    ) = "přijato řádků: $rows, $size"

    override fun sentDocuments(count: Long) = "odesláno dokladů: $count"

    override fun runEnded(
        result: String,
        received: String,
        sent: Long,
    ) = when (result) {
        "done" -> "Synchronizováno: přijaté řádky $received, odeslané doklady $sent."
        "nothing_new" -> "Synchronizováno: nic nového."
        "waiting" -> "Synchronizováno: novinky čekají na potvrzení."
        "cancelled" -> "Zrušeno: příští synchronizace naváže."
        else -> "Nesynchronizovalo se vše. ${trouble(result).orEmpty()} $dataSafe"
    }

    override val whoSells = "Kdo prodává?"
    override val signIn = "Přihlásit"
    override val otherUser = "Někdo jiný"
    override val noUsers = "Zatím žádní uživatelé"
    override val noUsersHint = "Uživatelé přijdou s první synchronizací."

    override fun pinOf(user: String) = "PIN: $user"

    override fun digitsEntered(count: Int) = "Zadáno číslic: $count"

    override val search = "Zboží nebo kód"
    override val searchHint = "Název, nebo kód a Enter"
    override val clear = "Vymazat"
    override val scan = "Skenovat"
    override val emptyCart = "Nový prodej"
    override val emptyCartHint = "Naskenujte kód, nebo napište název dole."
    override val total = "Celkem"
    override val pay = "Platba"
    override val toPay = "K úhradě"
    override val change = "Vrátit"
    override val exact = "Přesná částka"
    override val otherAmount = "Jiná částka"
    override val complete = "Dokončit"
    override val newSale = "Nový prodej"
    override val print = "Tisk"
    override val hold = "Odložit prodej"
    override val heldSales = "Odložené prodeje"
    override val interruptedSale = "Přerušený prodej, zčásti zaplacený"
    override val interruptedSales = "Aplikace skončila během prodeje, který byl zčásti zaplacen. Je mezi odloženými prodeji."

    override fun ratesChanged(lines: String) = "Sazba DPH se mezitím změnila: $lines. Cena zůstává."

    override fun currencyChanged(
        currency: String,
        rate: String,
    ) = "Tento prodej byl v měně $currency. Jeho ceny byly vyděleny kurzem $rate."

    override val holdLabel = "Jak mu říkat"
    override val discount = "Slevit"
    override val discountReceipt = "Sleva na účtenku"
    override val noDiscount = "Bez slevy"
    override val percent = "Procenta"
    override val amount = "Částka"
    override val otherPrice = "Prodat za jinou cenu"
    override val otherPriceHint = "Kolik stojí jeden kus na této účtence a proč. Sleva na řádku zmizí."
    override val cancelSale = "Zrušit prodej"
    override val customer = "Zákazník"
    override val noCustomer = "Bez zákazníka"
    override val offlineSale = "Offline: prodává se dál, účtenky se odešlou později."
    override val more = "Další"
    override val noHits = "Nic nenalezeno"
    override val editedHere = "Cena změněna na této pokladně"

    override fun payAmount(amount: String) = "Zaplatit $amount"

    override fun payBy(tender: String) = "Zaplaceno: $tender"

    override fun amountOf(currency: String) = "Částka v $currency"

    override fun inStock(
        quantity: String,
        unit: String,
    ) = "skladem $quantity $unit"

    override fun stockAsOf(ago: String) = "stav $ago"

    override fun add(item: String) = "Přidat $item"

    override fun oneMore(item: String) = "O jeden více: $item"

    override fun oneLess(item: String) = "O jeden méně: $item"

    override fun removeLine(item: String) = "Odebrat $item"

    override fun discountOf(item: String) = "Sleva: $item"

    override fun takenOff(amount: String) = "Sleva $amount"

    override fun removePayment(tender: String) = "Vzít zpět platbu: $tender"

    override fun lines(count: Int) = "$count ${plural(count.toLong(), "řádek", "řádky", "řádků")}"

    override fun heldBy(
        user: String,
        moment: String,
    ) = "$user, $moment"

    override val allKinds = "Vše"
    override val allStates = "Každý stav"
    override val allDays = "Všechny dny"
    override val noDocuments = "Na tomto telefonu zatím nic nevzniklo"
    override val finding = "Centrála má námitku"
    override val void = "Stornovat"
    override val voidIsFinal = "Storno je samostatný doklad a nelze je vzít zpět."

    override val voided = "Stornováno"
    override val returnHint = "Co bylo zaplaceno, se vrátí, a zboží je zase na skladě."
    override val allBack = "Vrací se všechno"

    override fun sold(
        quantity: String,
        left: String,
    ) = if (quantity == left) "prodáno $quantity" else "prodáno $quantity, zbývá $left"

    override fun voidOf(number: String) = "Storno $number"

    override fun voidSaleHint(amount: String) = "$amount se vrátí tak, jak bylo zaplaceno, a zboží je zase na skladě."

    override fun voidReturnHint(amount: String) = "$amount se vybere tak, jak bylo vyplaceno, a zboží na skladě zase není."

    override fun isVoided(
        number: String,
        void: String,
    ) = "$number: stornováno dokladem $void."

    override fun delivery(mark: DeliveryMark) =
        when (mark) {
            DeliveryMark.LOCAL -> "V telefonu"
            DeliveryMark.UPLOADED -> "Odesláno"
            DeliveryMark.PROCESSED -> "Zpracováno"
            DeliveryMark.SETTLED -> "Uzavřeno"
        }

    override fun deliveryLong(mark: DeliveryMark) =
        when (mark) {
            DeliveryMark.LOCAL -> "Jen v tomto telefonu, zatím neodesláno"
            DeliveryMark.UPLOADED -> "Odesláno, v bezpečí v centrále"
            DeliveryMark.PROCESSED -> "Zpracováno v centrále"
            DeliveryMark.SETTLED -> "Uzavřeno se svou uzávěrkou"
        }

    override val cashMovements = "Pohyby hotovosti"
    override val notYourRight = "Co je zde šedé, k tomu vaše role nemá právo."
    override val dayBegins = "Začátek dne"
    override val openDay = "Otevřít den"
    override val openDayHint = "Zapíše počáteční vklad zásuvek a vyzvedne, co je nového. Jde to i offline."
    override val floatHint = "Napište, s jakými drobnými která zásuvka začíná. Co necháte prázdné, se nezapíše."
    override val dayOpened = "Den je otevřen."
    override val closure = "Konec dne"
    override val interim = "Přehled X"
    override val interimHint = "Dosavadní součty; nic se nemění"
    override val closeDay = "Uzavřít den (Z)"
    override val closeDayHint = "Odešle, co je, a uzavře. Jde to i offline: zbytek se odešle později."
    override val closeDayQuestion = "Potom je den uzavřen a nelze ho znovu otevřít."
    override val closingDay = "Odesílá se, nejvýše několik sekund; potom se den uzavře."
    override val countedHint = "Spočítejte zásuvku a napište, co v ní je. Co necháte prázdné, se nepočítá."
    override val countPieces = "Počítat mince a bankovky"
    override val typeOneAmount = "Zadat jednu částku"
    override val wholeNumbersOnly = "Pište jen celá čísla, například 12."
    override val difference = "Rozdíl"
    override val turnover = "Obrat"
    override val reason = "Důvod"
    override val record = "Zapsat"
    override val recorded = "Zapsáno."
    override val syncNow = "Synchronizovat"

    override fun move(move: CashMove) =
        when (move) {
            CashMove.FLOAT_IN -> "Počáteční vklad"
            CashMove.PAY_IN -> "Vklad"
            CashMove.PAY_OUT -> "Výběr"
            CashMove.SAFE_DROP -> "Odvod do trezoru"
            CashMove.BANK_DROP -> "Odvod do banky"
        }

    override fun moveHint(move: CashMove) =
        when (move) {
            CashMove.FLOAT_IN -> "Drobné, se kterými den začíná"
            CashMove.PAY_IN -> "Peníze vložené do zásuvky"
            CashMove.PAY_OUT -> "Peníze vzaté na výdaj"
            CashMove.SAFE_DROP -> "Ze zásuvky do trezoru"
            CashMove.BANK_DROP -> "Ze zásuvky do banky"
        }

    override fun howManyOf(face: String) = "Kolik po $face"

    override fun closed(z: String) = "Den uzavřen, Z $z"

    override fun interimOf(z: String) = "Přehled X před Z $z"

    override fun salesAndReturns(
        sales: String,
        returns: String,
    ) = "Prodeje: $sales · Vratky: $returns"

    override fun dayOpenSince(moment: String) = "Otevřeno od $moment"

    override fun leftToSend(count: Long) = if (count == 0L) "Vše je odesláno, i tato uzávěrka" else "Zbývá odeslat doklady: $count"

    override val stockDocuments = "Skladové doklady"
    override val forLater = "Pro zákazníka"
    override val takeOrder = "Přijmout objednávku"
    override val takeBack = "Vzít zboží zpět"
    override val refundBy = "Peníze se vrátí"
    override val addRefundPart = "Část vrátit jiným způsobem"
    override val removeRefundPart = "Odebrat tuto část"
    override val refundPartBy = "Tato část se vrátí"
    override val refundPartNeeded = "U každé části zvolte způsob a napište částku, nebo ji odeberte."
    override val giveUp = "Zahodit"
    override val goodsBegun = "Doklad o zboží je rozepsaný: nejdřív ho zapište, nebo zahoďte."
    override val noLines = "Zatím žádné řádky"
    override val quantity = "Množství"
    override val whichItem = "Které zboží?"

    override fun twoReadings(
        text: String,
        grouped: Reading,
        decimal: Reading,
    ) = "$text může být ${grouped.shown} nebo ${decimal.shown}. Napište ${grouped.typed} nebo ${decimal.typed}."

    override val details = "Podrobnosti"
    override val toWarehouse = "Do skladu"
    override val ownWarehouse = "Vlastní sklad prodejny"
    override val auditPlan = "Podle plánu inventury"
    override val noPlan = "Bez plánu"
    override val reference = "Číslo průvodního dokladu"
    override val refundNeeded = "Chybí, jak se peníze vrátí."
    override val customerNeeded = "Na účet se peníze vracejí zákazníkovi."
    override val warehouseNeeded = "Převodka potřebuje sklad, kam zboží jde."
    override val wantedDay = "Dodat dne"
    override val otherDay = "Den, jako 2026-12-24"
    override val note = "Poznámka"
    override val findCustomer = "Jméno, telefon nebo DIČ"
    override val newCustomer = "Nový zákazník"
    override val newCustomerHint = "Lze mu hned prodávat; odešle se do centrály"
    override val customerName = "Jméno nebo firma"
    override val makeCustomer = "Zapsat zákazníka"
    override val madeHere = "Zapsán na této pokladně"

    override fun goodsHint(kind: GoodsKind) =
        when (kind) {
            GoodsKind.GOODS_RECEIPT -> "Zboží, které přišlo od dodavatele"
            GoodsKind.GOODS_RETURN -> "Zboží, které se vrací dodavateli"
            GoodsKind.TRANSFER -> "Zboží, které jde do jiného skladu"
            GoodsKind.COUNT -> "Co tu opravdu je"
            GoodsKind.WRITE_OFF -> "Rozbité nebo ztracené"
            GoodsKind.RETURN -> "Bez jeho prodeje, za dnešní ceny"
            GoodsKind.ORDER -> "Za dnešní ceny, k pozdějšímu dodání"
        }

    override fun reasonNeeded(kind: GoodsKind) =
        if (kind == GoodsKind.RETURN) "Zboží bez prodeje se bere zpět jen s důvodem." else "Odpis potřebuje důvod."

    override fun goesBack(
        amount: String,
        tender: String,
    ) = "Vrátit $amount: $tender"

    override fun refundRestBy(tender: String) = "Zbytek se vrátí: $tender"

    override fun giveUpHint(
        title: String,
        lines: Int,
    ) = "$title, ${lines(lines)}: nic z toho se nezapíše a nic nezůstane."

    override fun detailsHint(kind: GoodsKind) =
        when (kind) {
            GoodsKind.RETURN -> "Jak se peníze vrátí, důvod"
            GoodsKind.ORDER -> "Zákazník, den, poznámka"
            GoodsKind.TRANSFER -> "Kam, důvod, průvodní doklad"
            GoodsKind.COUNT -> "Plán, důvod, průvodní doklad"
            else -> "Důvod, průvodní doklad"
        }

    override fun inWarehouse(kind: GoodsKind) =
        when (kind) {
            GoodsKind.GOODS_RECEIPT -> "Do skladu"
            GoodsKind.GOODS_RETURN, GoodsKind.TRANSFER -> "Ze skladu"
            else -> "Ve skladu"
        }

    override fun goodsRecorded(
        kind: String,
        number: String,
    ) = "$kind $number: zapsáno"

    override fun customerMade(name: String) = "$name: zapsáno."

    override val thisTill = "Tato pokladna"
    override val series = "Řada"
    override val server = "Centrála"
    override val centre = "Středisko"
    override val version = "Aplikace"
    override val notEnrolled = "Tento telefon ještě není pokladnou"
    override val noCentre = "Středisko zatím není vybráno"
    override val copied = "Zkopírováno nebo obnoveno: zaregistrujte znovu. Vše v něm zůstává."
    override val connection = "Spojení"
    override val testConnection = "Vyzkoušet spojení"
    override val address = "Adresa centrály"
    override val connectionGood = "Spojení funguje"
    override val enrolment = "Registrace"
    override val enrolHint = "Párovací kód a QR ukáže centrála v části Pokladny."
    override val pairingCode = "Párovací kód"
    override val qrText = "Text z QR"
    override val enrol = "Zaregistrovat telefon"
    override val enrolAgain = "Zaregistrovat znovu"
    override val signInToEnrol = "Nejdřív se přihlaste jako někdo, kdo smí telefon zaregistrovat."
    override val notAllowedToEnrol = "K nové registraci vaše role nemá právo."
    override val chooseCentre = "Vybrat středisko"
    override val showCentres = "Vybrat jiné středisko"
    override val useCentre = "Používat toto středisko"
    override val noCentres = "Centrála nemá pro tuto pokladnu žádné středisko."
    override val thisCentre = "Středisko této pokladny"
    override val changeCentreHint = "Vše níže se stáhne a nahradí to, co je zde."
    override val otherCentreHint = "Budete odhlášeni: jiné středisko má své uživatele."
    override val signInToChangeCentre = "Nejdřív se přihlaste jako někdo, kdo smí zvolit jiné středisko."
    override val notAllowedToChangeCentre = "Volba střediska vyžaduje právo, které vaše role nemá."
    override val byFile = "Centrála souborem"
    override val byFileHint = "Kam nevede síť: soubor předejte centrále a přineste její potvrzení."
    override val exportUnsent = "Uložit neodeslané doklady"
    override val exportUnsettled = "Uložit vše neuzavřené"
    override val exportUnsettledHint = "Jen pro centrálu, která ztratila, co jí bylo odesláno."
    override val exportIsPart = "Vše se nevešlo. Uložte znovu, až načtete potvrzení k tomuto souboru."
    override val takeReceipt = "Načíst potvrzení"
    override val refusedByFile = "Centrála nepřijala:"
    override val signInToExport = "Nejdřív se přihlaste jako někdo, kdo smí doklady ukládat."
    override val notAllowedToExport = "K uložení dokladů vaše role nemá právo."
    override val localEdits = "Změněno na této pokladně"
    override val noLocalEdits = "Nic"
    override val editPrice = "Změnit cenu"
    override val newPrice = "Nová cena"
    override val editFooter = "Změnit patičku účtenek"
    override val footerLines = "Patička účtenek"
    override val footerHint = "Kolik řádků chcete, každý tak, jak se má vytisknout."
    override val save = "Uložit"
    override val signInFirst = "Ke změně ceny se přihlaste s příslušným právem."
    override val rowsThere = "Tam"
    override val rowsHere = "Zde"

    override fun enrolled(
        till: String,
        series: String,
    ) = "Tento telefon je teď pokladna $till, řada $series."

    override fun exported(
        name: String,
        documents: Long,
    ) = "Uloženo $name, doklady: $documents"

    override fun acknowledged(
        count: Long,
        held: Long,
    ) = "Centrála má doklady z tohoto souboru: $held; dosud neodeslané z nich: $count"

    override fun enrolmentNumber(number: String) = "č. $number"

    override fun download(size: String) = "ke stažení $size"

    override fun editsLost(count: Int) = "Ztratí se změny z této pokladny: $count"

    override fun blocked(by: Blockers) =
        listOfNotNull(
            "odeslat doklady (${by.unsent})".takeIf { by.unsent > 0u },
            "dokončit odložené prodeje (${by.held})".takeIf { by.held > 0u },
            "dokončit otevřenou účtenku".takeIf { by.isReceiptOpen },
            "uzavřít den".takeIf { by.unclosed > 0u },
        ).joinToString(", ", "Nejdříve: ")

    override fun editedBy(
        user: String,
        moment: String,
    ) = "$user, $moment"

    override fun step(step: String) =
        when (step) {
            "resolve" -> "Adresa"
            "connect" -> "Spojení"
            "tls" -> "Šifrování"
            "office" -> "Centrála"
            "version" -> "Verze"
            "clock" -> "Hodiny"
            "credential" -> "Tato pokladna"
            "centre" -> "Středisko"
            else -> step
        }

    override val shortDayPattern = "EEE d. M."
    override val justNow = "právě teď"

    override fun minutesAgo(minutes: Long) = "před $minutes min"

    override fun hoursAgo(hours: Long) = "před $hours h"

    override fun daysAgo(days: Long) = if (days == 1L) "před 1 dnem" else "před $days dny"

    override fun minutes(minutes: Long) = "$minutes min"

    override fun hours(hours: Long) = "$hours h"

    override fun days(days: Long) = "$days ${plural(days, "den", "dny", "dnů")}"

    private fun plural(
        count: Long,
        one: String,
        few: String,
        many: String,
    ) = when (count) {
        1L -> one
        in 2L..4L -> few
        else -> many
    }
}
