package main

// allowed has everything without a user, and the reason for it to be there.
func allowed() []row {
	return []row{
		{"app/desktop/desktoptest/", "for tests of other rooms"},
		{"app/policy/policytest/", "for tests of other rooms"},
		{"auth/authtest/", "for tests of any program; the demo uses some of it"},
		{"cmd/internal/stage/", "for tests with real programs; the tour and the bench use some of it"},

		{"app/localapi/upload.go: *", "the fourth kind of call beside get, post and download, held by the contract's tests; attachments of the portal will use it"},
		{"cmd/internal/demoportal/contoso/", "the demo's portal, for the gateway in it"},
		{"cmd/internal/demoportal/portal.go: Logos", "the same"},

		{"app/desktop/saved_darwin.go: *", "the window calls it, and on macOS the window cannot be read without cgo"},
		{"app/desktop/tell_darwin.go: tell", "the same"},
	}
}
