package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestRememberedAccountsComeFirst(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.accounts = several()
		s.hear(signedOutState())
		s.reads("Continue as Ada Lovelace", "ada@contoso.example · Microsoft 365", "Guest · ada_contoso.example")
		s.tap("Continue as Grace Hopper, grace@contoso.example · Microsoft 365")
		s.expect("use g1")

		s.tap("Use another account")
		s.tap("Sign in with Microsoft 365")
		s.expect("use g1", "sign-in m365 another")
		s.key(fyne.KeyEscape)
		s.find("Continue as Grace Hopper, grace@contoso.example · Microsoft 365")
	})
}

func TestAccountThatCannotBeUsedSaysWhy(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.accounts = several()
		s.agent.useErr = &localapi.Problem{Code: localapi.KeyStoreLocked}
		s.hear(signedOutState())
		s.tap("Continue as Ada Lovelace, ada@contoso.example · Microsoft 365")
		s.shows(kindSignedOut)
		s.reads("Your key store is locked")
		s.find("Use another account")
	})
}

func TestSignInsThatAreNotRemembered(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(signedOutState())
		s.tap("Keep me signed in on this computer, on")
		s.find("Keep me signed in on this computer, off")
		s.tap("Sign in with Microsoft 365")
		s.expect("set RememberMe never", "sign-in m365 memory-only")
	})
	onStage(t, scene{}, func(s *stage) {
		s.agent.setErr = &localapi.Problem{Code: localapi.SettingManaged, Params: map[string]string{"by": "Contoso IT"}}
		s.hear(signedOutState())
		s.tap("Keep me signed in on this computer, on")
		s.find("Keep me signed in on this computer, on")
		s.reads("Contoso IT")
		s.tap("Sign in with Microsoft 365")
		s.expect("set RememberMe never", "sign-in m365")
	})
}

func TestWhatItDecidesAboutRememberingCannotBeChangedAtTheDoor(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := decide(signedOutState(), keyRememberMe, never)
		state.Managed = &localapi.Managed{Name: "Contoso IT"}
		s.hear(state)
		s.tap("Keep me signed in on this computer, off")
		s.reads("Managed by Contoso IT")
		s.tap("Sign in with Microsoft 365")
		s.expect("sign-in m365 memory-only")
	})
}

func TestAddressSaysWhereToSignIn(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.signIn = *waitingState().Session.SignIn
		s.hear(addressFirstState())
		door := s.w.screens.shown.(*signedOut)
		if s.w.win.Canvas().Focused() != door.address.field {
			t.Error("the field does not have the focus")
		}
		if !door.address.onward.Disabled() {
			t.Error("one can go on without an address")
		}
		s.key(fyne.KeyReturn)
		s.expect()
		test.Type(door.address.field, " ada@contoso.example ")
		s.key(fyne.KeyReturn)
		s.expect("sign-in ada@contoso.example")
		if n := len(s.openedURLs()); n != 1 {
			t.Errorf("%d addresses were opened", n)
		}
	})
}

func TestAddressThatIsNobodysIsRefusedAtTheField(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(addressFirstState())
		refusedAddress(localapi.NobodysAddress)(s)
		s.reads("This address has no sign-in here")
		if slices.Contains(s.names(), "Details for support") {
			t.Error("it is explained like a refusal")
		}
		test.Type(s.w.screens.shown.(*signedOut).address.field, "x")
		s.settle()
		if slices.Contains(s.texts(), "This address has no sign-in here") {
			t.Error("the words stay while another address is typed")
		}
	})
}

func TestAddressThatFitsSeveralProvidersLetsChoose(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := addressFirstState()
		state.Portal.Providers = append(state.Portal.Providers, localapi.Provider{ID: "third", Title: "Third"})
		s.hear(state)
		refusedAddress(localapi.ChooseProvider)(s)
		s.agent.signInErr = nil
		if slices.Contains(s.names(), "Sign in with Third") {
			t.Error("a provider is offered that the address does not fit")
		}
		s.tap("Sign in with Contoso Partner Login")
		s.expect("sign-in ada@contoso.example", "sign-in partner ada@contoso.example")
	})
}

func TestWayInCanBeChosenByHand(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(addressFirstState())
		s.tap("Choose how to sign in yourself")
		s.find("Sign in with Contoso Partner Login")
		s.key(fyne.KeyEscape)
		s.find("Continue")
		s.tap("Choose how to sign in yourself")
		s.tap("Back")
		s.tap("Choose how to sign in yourself")
		s.tap("Sign in with Microsoft 365")
		s.expect("sign-in m365")
	})
}

func TestAccountsAreChangedFromThePanel(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.accounts = several()
		state := signedInState()
		state.Session.Account.Guest, state.Session.Account.Remembered = true, false
		s.hear(state)
		s.tap("Ada Lovelace")
		s.reads("Guest", "Until Portico ends")
		s.tap("Grace Hopper, grace@contoso.example · Microsoft 365")
		s.expect("use g1")
		if s.w.win.Canvas().Overlays().Top() != nil {
			t.Error("the panel stays")
		}

		s.tap("Ada Lovelace")
		s.tap("Add another account")
		s.shows(kindSignedOut)
		s.key(fyne.KeyEscape)
		s.shows(kindHome)
		s.tap("Ada Lovelace")
		s.tap("Add another account")
		s.tap("Sign in with Contoso Partner Login")
		s.expect("use g1", "sign-in partner another")
		s.hear(waitingState())
		s.hear(state) // cancelled
		s.shows(kindHome)
	})
}

func TestWithOneProviderAnotherAccountNeedsNoChoice(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := signedInState()
		state.Portal.Providers = state.Portal.Providers[:1]
		s.hear(state)
		s.tap("Ada Lovelace")
		s.tap("Add another account")
		s.expect("sign-in m365 another")
	})
}

func TestImpersonationIsShownEverywhere(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		const banner = "You see Ada’s portal. This session was opened by Grace (support)."
		s.hear(impersonatedState())
		s.reads(banner, "Signed in as ada@contoso.example · opened by Grace (support)")
		s.tap("Settings")
		s.reads(banner)
		s.key(fyne.KeyEscape)
		s.key(fyne.KeyEscape)
		s.reads(banner)
		close(s.agent.events)
		s.settle()
		s.reads(banner, "Portico stopped running in the background.")

		s.agent.revive()
		s.pass(mostWait)
		s.hear(signedInState())
		if slices.Contains(s.texts(), banner) {
			t.Error("the banner stays for the person themselves")
		}
	})
}

func TestSignOutNamesWhomWhereSeveralAreRemembered(t *testing.T) {
	for _, tc := range []struct {
		name     string
		accounts []localapi.Account
		want     string
	}{
		{"several", several(), "Portico forgets the sign-in of ada@contoso.example on this device; the other accounts stay."},
		{"one", several()[:1], "Portico forgets your sign-in on this device."},
		{"none", nil, "Portico forgets your sign-in on this device."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.accounts = tc.accounts
				s.hear(signedInState())
				s.tap("Ada Lovelace")
				s.tap("Sign out")
				s.reads(tc.want)
			})
		})
	}
}

func TestOnlyAccountsThatThereAreAreSaidToStay(t *testing.T) {
	for name, accounts := range map[string][]localapi.Account{"some": several(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.accounts = accounts
				s.hear(policyState())
				s.tap("Use another account")
				s.reads("Use another account")
				said := slices.Contains(s.texts(), "The accounts you have here stay as they are.")
				if said != (len(accounts) > 0) {
					t.Errorf("it is said: %v", said)
				}
			})
		})
	}
}

func TestAccountThatIsNotRememberedAnyMoreIsNotOffered(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.accounts = several()
		s.hear(signedOutState())
		gone := several()[0]
		s.agent.accounts = several()[1:]
		s.agent.useErr = &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": gone.ID}}
		s.tap("Continue as " + gone.Name + ", " + s.w.account.line(gone))
		s.reads("“" + gone.Email + "” is not among the accounts")
		if s.offers("Continue as " + gone.Name + ", " + gone.Email) {
			t.Error("it is still offered")
		}

		s.agent.accounts = nil // people use the computer in turn from now on
		kiosk := signedOutState()
		kiosk.Kiosk = true
		s.hear(kiosk)
		if s.offers("Continue as") {
			t.Error("accounts are still offered")
		}
		s.find("Sign in with Microsoft 365")
	})
}

// Whose sign-in is from before the portal changed is told, and can be signed out.
func TestAccountsOfAFormerProviderCanOnlyBeSignedOut(t *testing.T) {
	former := several()[1]
	former.Former = true
	const line = "Grace Hopper, grace@contoso.example · from before your portal changed"
	for name, open := range map[string]func(s *stage){
		"at the door":    func(s *stage) { s.hear(signedOutState()) },
		"in the account": func(s *stage) { s.hear(signedInState()); s.tap("Ada Lovelace") },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				s.agent.accounts = []localapi.Account{*ada(), former}
				open(s)
				if s.offers("Continue as Grace Hopper, grace@contoso.example · Microsoft 365") {
					t.Error("the former one is offered")
				}
				s.tap(line)
				s.reads("Portico forgets the sign-in of grace@contoso.example on this device.")
				s.agent.accounts = []localapi.Account{*ada()}
				s.tap("Sign out here")
				s.expect("sign-out of g1")
				if s.offers(line) {
					t.Error("it is still there")
				}
			})
		})
	}
}
