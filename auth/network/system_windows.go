package network

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

const (
	settingsKey = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	policyKey   = `Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings`
)

// readSystem reads this user's settings as Windows sees them, or the computer's if a
// policy demands one proxy for all of its users.
func readSystem() (system, error) {
	root, machine := registry.CURRENT_USER, false
	if policy, err := registry.OpenKey(registry.LOCAL_MACHINE, policyKey, registry.QUERY_VALUE); err == nil {
		perUser, _, err := policy.GetIntegerValue("ProxySettingsPerUser")
		policy.Close()
		if err == nil && perUser == 0 {
			root, machine = registry.LOCAL_MACHINE, true
		}
	}
	s, err := readInternetSettings(root)
	s.perMachine = machine
	if seen, apiErr := newWinHTTP().settings(); apiErr == nil && !machine {
		// The switch of a script is in a value that only Windows knows to read. If
		// nobody has ever written it, a script's address is not switched off.
		if len(s.connection) == 0 && seen.autoConfigURL == "" {
			seen.autoConfigURL = s.autoConfigURL
		}
		s, err = seen, nil
	}
	return s.system(), err
}

func readInternetSettings(root registry.Key) (internetSettings, error) {
	var s internetSettings
	key, err := registry.OpenKey(root, settingsKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	defer key.Close()
	// A missing value, or one of another kind, is not set.
	enable, _, _ := key.GetIntegerValue("ProxyEnable")
	s.proxyEnable = enable != 0
	s.proxyServer, _, _ = key.GetStringValue("ProxyServer")
	s.proxyOverride, _, _ = key.GetStringValue("ProxyOverride")
	s.autoConfigURL, _, _ = key.GetStringValue("AutoConfigURL")
	if connections, err := registry.OpenKey(key, "Connections", registry.QUERY_VALUE); err == nil {
		s.connection, _, _ = connections.GetBinaryValue("DefaultConnectionSettings")
		connections.Close()
	}
	return s, nil
}
