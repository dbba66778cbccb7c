// What the page says of itself. The line to say comes from the till.

const WORDS = {
  en: {
    accepted: "Accepted", asked_more: "Asks for more", left: "Leaves", skipped: "Skip", goodwill: "Goodwill",
    finish: "Finish", add: "Add items", cancel: "Cancel", cancelSure: "Cancel: press again",
    pay: "To pay", basket: "Basket", last: "Best offer of this basket", stays: "The best we can do: it stays on the table",
    nothing: "No discount to offer", silent: "No time for offers now", agreed: "Agreed", lost: "The customer leaves", skippedState: "No offer this time",
    gave: "Goodwill", idle: "Ready for the next basket", sold: "Sold", lostClosed: "Not sold", cancelled: "Cancelled",
    item: "Item", card: "Customer card", priceOf: "Price of",
    itemHint: "Scan, or type a price such as 12.99 or 2*12.99. Enter: offer · / customer card · - remove the last item",
    cardHint: "Scan or type the customer card, then Enter", priceHint: "New bar code: type its price once, then Enter",
    badItem: "Not a price: type for example 12.99", giftHint: "At most {most}. Enter gives it, Esc does not.",
    badGift: "Type an amount of at most {most}", offer: "Offer", cardRead: "Card …{end}", items: "Items: {n}",
    starting: "Starting", online: "Online", offline: "Offline, selling goes on", stale: "No recent rules, selling goes on",
    empty: "No rules yet, selling goes on",
    full: "Storage full, selling goes on: tell support", revoked: "Not enrolled any more, selling goes on: tell support",
    journal: "Sales are not being recorded: call support", unreachable: "The till does not answer",
    waiting: "Offline · {n} to send", failed: "Not done: {why}", answerFirst: "Answer the offer first: 1, 2, 3 or Esc",
    answered: "Answered already: Enter finishes", noBasket: "No basket is open", noGoodwill: "No goodwill for this basket",
    posBasket: "The point of sale leads this basket", noItems: "Scan or type an item first",
    priceFirst: "Type the price of the new bar code first, or - to leave it out",
  },
  ru: {
    accepted: "Согласен", asked_more: "Просит ещё", left: "Уходит", skipped: "Пропуск", goodwill: "Подарок",
    finish: "Готово", add: "Товары", cancel: "Отмена", cancelSure: "Отмена: ещё раз",
    pay: "К оплате", basket: "Чек", last: "Лучшее предложение", stays: "Больше не можем: предложение остаётся в силе",
    nothing: "Скидки нет", silent: "Сейчас не до скидок: очередь", agreed: "Договорились", lost: "Покупатель уходит", skippedState: "Без предложения",
    gave: "Наш подарок", idle: "Можно начинать новый чек", sold: "Продано", lostClosed: "Не продано", cancelled: "Отменено",
    item: "Товар", card: "Карта покупателя", priceOf: "Цена",
    itemHint: "Сканируйте или введите цену: 12,99 или 2*12,99. Enter: предложение · / карта · - убрать последний товар",
    cardHint: "Сканируйте или введите карту и нажмите Enter", priceHint: "Новый штрихкод: один раз введите цену и нажмите Enter",
    badItem: "Это не цена. Пример: 12,99", giftHint: "Не больше {most}. Enter: подарить, Esc: нет.",
    badGift: "Введите сумму не больше {most}", offer: "Предложить", cardRead: "Карта …{end}", items: "Товаров: {n}",
    starting: "Запуск", online: "На связи", offline: "Нет связи, продажа идёт", stale: "Нет свежих правил, продажа идёт",
    empty: "Правил ещё нет, продажа идёт",
    full: "Память заполнена, продажа идёт: сообщите в поддержку", revoked: "Касса отключена от сервиса, продажа идёт: сообщите в поддержку",
    journal: "Продажи не записываются: позовите поддержку", unreachable: "Касса не отвечает",
    waiting: "Нет связи · не отправлено: {n}", failed: "Не выполнено: {why}", answerFirst: "Сначала ответ: 1, 2, 3 или Esc",
    answered: "Ответ уже есть: Enter завершает", noBasket: "Нет открытого чека", noGoodwill: "Для этого чека подарка нет",
    posBasket: "Этот чек ведёт кассовая программа", noItems: "Сначала сканируйте или введите товар",
    priceFirst: "Сначала цена нового штрихкода, или - чтобы его убрать",
  },
  fr: {
    accepted: "Accepte", asked_more: "Demande plus", left: "S’en va", skipped: "Passer", goodwill: "Geste",
    finish: "Terminer", add: "Articles", cancel: "Annuler", cancelSure: "Annuler : encore",
    pay: "À payer", basket: "Panier", last: "Meilleure offre de ce panier", stays: "Nous ne pouvons pas faire mieux : l’offre reste valable",
    nothing: "Aucune remise à proposer", silent: "Pas le temps de proposer maintenant", agreed: "C’est d’accord", lost: "Le client s’en va", skippedState: "Sans offre cette fois",
    gave: "Geste commercial", idle: "Prêt pour le prochain panier", sold: "Vendu", lostClosed: "Non vendu", cancelled: "Annulé",
    item: "Article", card: "Carte client", priceOf: "Prix de",
    itemHint: "Scannez, ou tapez un prix : 12,99 ou 2*12,99. Entrée : offre · / carte client · - retirer le dernier article",
    cardHint: "Scannez ou tapez la carte client, puis Entrée", priceHint: "Nouveau code : tapez son prix une fois, puis Entrée",
    badItem: "Ce n’est pas un prix : tapez par exemple 12,99", giftHint: "Au plus {most}. Entrée : offrir, Échap : non.",
    badGift: "Tapez un montant d’au plus {most}", offer: "Offre", cardRead: "Carte …{end}", items: "Articles : {n}",
    starting: "Démarrage", online: "En ligne", offline: "Hors ligne, la vente continue", stale: "Pas de règles récentes, la vente continue",
    empty: "Pas encore de règles, la vente continue",
    full: "Mémoire pleine, la vente continue : prévenez l’assistance", revoked: "Caisse révoquée, la vente continue : prévenez l’assistance",
    journal: "Les ventes ne sont pas enregistrées : appelez l’assistance", unreachable: "La caisse ne répond pas",
    waiting: "Hors ligne · {n} à envoyer", failed: "Pas fait : {why}", answerFirst: "Répondez d’abord : 1, 2, 3 ou Échap",
    answered: "Déjà répondu : Entrée termine", noBasket: "Aucun panier ouvert", noGoodwill: "Pas de geste pour ce panier",
    posBasket: "Le logiciel de caisse gère ce panier", noItems: "Scannez ou tapez d’abord un article",
    priceFirst: "Tapez d’abord le prix du nouveau code, ou - pour le retirer",
  },
};

export const LANGUAGES = Object.keys(WORDS);

let language = "en";

export function speak(tag) {
  const wanted = String(tag).slice(0, 2).toLowerCase();
  language = LANGUAGES.includes(wanted) ? wanted : "en";
  return language;
}

export function word(name, values = {}) {
  return WORDS[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

const formats = new Map();

function format(currency) {
  const key = language + currency;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language, { style: "currency", currency }));
  return formats.get(key);
}

export function digits(currency) {
  return format(currency).resolvedOptions().maximumFractionDigits;
}

// An amount to be edited in a field: no currency, no thousands.
export function plain(amount, currency) {
  const places = digits(currency);
  const format = new Intl.NumberFormat(language, { useGrouping: false, minimumFractionDigits: places });
  return format.format(amount / 10 ** places);
}

// With a true minus sign, as wide as a digit.
export function money(amount, currency) {
  return format(currency).format(amount / 10 ** digits(currency)).replace("-", "\u2212");
}
