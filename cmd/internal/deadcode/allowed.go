package main

// allowed has everything without a user, and the reason for it to be there.
func allowed() []row {
	return []row{
		{"app/desktop/desktoptest/", "for tests of other rooms"},
		{"app/policy/policytest/", "for tests of other rooms"},
		{"auth/authtest/", "for tests of any program; the demo uses some of it"},
		{"assets/schema/", "the contract of the portal for tests, which hold traffic to it"},
		{"cmd/internal/selfsigned/selfsigned.go: Write", "for tests of the gateway; its bench uses the rest"},
		{"cmd/internal/stage/", "for tests with real programs; the tour and the bench use some of it"},

		{"app/portal/api/", "the client of Portal API 1, tried against the gateway; the agent will use it"},
		{"app/localapi/upload.go: *", "the fourth kind of call beside get, post and download, held by the contract's tests; attachments of the portal will use it"},

		{"app/desktop/saved_darwin.go: *", "the window calls it, and on macOS the window cannot be read without cgo"},
		{"app/desktop/tell_darwin.go: tell", "the same"},
	}
}
