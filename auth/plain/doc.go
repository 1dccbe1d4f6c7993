// Package plain makes other people's words and addresses safe to show.
//
// A provider, a portal and a proxy choose texts that end in a terminal, a window,
// a log or a QR code. A character that nobody sees can move the cursor there, turn
// the text around it or hide a part of it, so that people read something else than
// what is sent. [Text] is for words, [Address] for what people open or type.
//
// Whatever is compared must be compared as it came: what this package returns is
// for showing and opening only.
package plain
