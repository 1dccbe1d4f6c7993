//go:build deps

package deps

import (
	_ "fyne.io/fyne/v2"
	_ "fyne.io/fyne/v2/test"
	_ "fyne.io/systray"
	_ "github.com/Microsoft/go-winio"
	_ "github.com/chromedp/chromedp"
	_ "github.com/go-jose/go-jose/v4"
	_ "github.com/godbus/dbus/v5"
	_ "github.com/gofrs/flock"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/jeandeaual/go-locale"
	_ "github.com/pkg/browser"
	_ "github.com/spf13/cobra"
	_ "github.com/zalando/go-keyring"
	_ "github.com/zitadel/oidc/v3/pkg/op"
	_ "golang.org/x/oauth2"
	_ "golang.org/x/sys/unix"
)
