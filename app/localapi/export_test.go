package localapi

// For tests of what a client never sends.
var (
	Connect  = connect
	Decode   = decode
	Document = document
)

// DialWithin is Dial with a patience of the test's own.
var DialWithin = dialWithin

// Paths are those of all calls; each stands once.
func Paths() []string {
	var paths []string
	for _, r := range allRoutes(Parts{}, Info{}) {
		paths = append(paths, r.path)
	}
	return paths
}
