package localapi

// For tests of what a client never sends.
var (
	Connect  = connect
	Decode   = decode
	Document = document
)

// DialWithin is Dial with a patience of the test's own.
var DialWithin = dialWithin
