package auth

import "strings"

// ForAddress returns the providers of an address: those naming it in Accounts, or else
// those naming its domain in Domains, or else those naming nobody. It only helps to
// choose: the provider's answer decides afterwards if the person may come in.
func ForAddress(providers []Provider, address string) []Provider {
	address = strings.ToLower(strings.TrimSpace(address))
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 {
		return nil
	}
	domain := address[at+1:]
	pick := func(fits func(Provider) bool) (found []Provider) {
		for _, p := range providers {
			if fits(p) {
				found = append(found, p)
			}
		}
		return found
	}
	named := func(list []string, what string) bool {
		for _, v := range list {
			if strings.EqualFold(strings.TrimPrefix(v, "@"), what) {
				return true
			}
		}
		return false
	}
	if found := pick(func(p Provider) bool { return named(p.Accounts, address) }); found != nil {
		return found
	}
	if found := pick(func(p Provider) bool { return named(p.Domains, domain) }); found != nil {
		return found
	}
	return pick(func(p Provider) bool { return len(p.Domains)+len(p.Accounts) == 0 })
}
