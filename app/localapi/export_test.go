package localapi

// For tests of what a client never sends.
var (
	Connect  = connect
	Decode   = decode
	Document = document
)
