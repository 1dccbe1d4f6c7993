package desktop

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

// TrayParams make the icon in the notification area; see package tray. The functions are called from goroutines of the
// tray and must return soon.
type TrayParams struct {
	// Words are the person's language. Required.
	Words *words.Words
	// Show brings a window to the front.
	Show func()
	// SignIn and SignOut sign in and out.
	SignIn, SignOut func()
	// SignInWith signs in with one of [localapi.Portal.Providers]. Nil means that the menu
	// leaves the choice to the window.
	SignInWith func(provider string)
	// Accounts lists the known accounts, without asking anybody, and UseAccount changes
	// to one. Nil means that the menu has no accounts.
	Accounts   func() []localapi.Account
	UseAccount func(id string)
	// SignInAnother signs somebody else in.
	SignInAnother func()
	// AskAdministrator opens the mail to an administrator. Nil means that the menu does not
	// offer it.
	AskAdministrator func()
	// OpenApp opens one of [localapi.Portal.Apps]. Nil means that the menu has no apps.
	OpenApp func(id string)
	// Quit ends the program.
	Quit func()
	// SessionEnds is told on Windows when the person logs off, or when an installer
	// asks the program to end so that it can be replaced. It must not wait for the
	// tray. May be nil.
	SessionEnds func()
	// Changed is told whenever the tray comes or goes. May be nil.
	Changed func(available bool)
}
