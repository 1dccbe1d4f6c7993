module github.com/portico-desktop/portico/cmd/internal/bench/peers

go 1.26.0

require (
	github.com/coreos/go-oidc/v3 v3.21.0
	github.com/int128/oauth2cli v1.15.1
	github.com/zalando/go-keyring v0.2.8
	golang.org/x/oauth2 v0.37.0
)

require (
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/godbus/dbus/v5 v5.2.2 // indirect
	github.com/int128/listener v1.2.0 // indirect
	golang.org/x/sync v0.10.0 // indirect
	golang.org/x/sys v0.27.0 // indirect
)
