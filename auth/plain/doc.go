// Package plain makes other people's words and addresses safe to show.
//
// A provider, a portal and a proxy choose texts that end in a terminal, a window, a log
// or a QR code. A character that nobody sees can move the cursor there, turn the text
// around it or hide a part of it, so people read something else than the text sent.
// [Text] is for words, [Address] for addresses to open or type.
//
// Texts must be compared as they came: this package's results are for showing and
// opening only.
package plain
