package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

// question is one thing for init to know.
type question struct {
	value           *string
	flag, words, or string
	check           func(string) error
}

// complete asks for everything not said by a flag.
func (p *program) complete(o *initOptions) error {
	ask := []question{
		{&o.url, "url", "The address that people's computers will reach, as https://portal.example.com", "", checkAddress},
		{&o.name, "name", "The name that people read", "IT portal", nil},
	}
	if err := p.answer(ask); err != nil {
		return err
	}
	if o.authority == "" && o.tenant == "" {
		what := question{&o.authority, "authority or --tenant", "Where people sign in: at Microsoft 365 the directory's domain, as contoso.com, or its GUID; elsewhere the issuer, as https://id.example.com", "", checkProviderName}
		if err := p.answer([]question{what}); err != nil {
			return err
		}
		o.signingInAt(o.authority)
	}
	ask = []question{{&o.client, "client-id", "The client id of Portico's registration there", "", nil}}
	address, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	if address.Scheme == "http" {
		o.tls = "off" // a try on this computer
	}
	ask = append(ask, question{&o.tls, "tls", "https: a certificate from a file, by acme (Let's Encrypt), or off behind a proxy", "acme", func(s string) error {
		if s != "file" && s != "acme" && s != "off" {
			return fmt.Errorf("is %q; write file, acme or off", s)
		}
		return nil
	}})
	if err := p.answer(ask); err != nil {
		return err
	}
	if o.tls == "file" {
		return p.answer([]question{
			{&o.certificate, "certificate", "The certificate, a PEM file", "portal.pem", nil},
			{&o.key, "key", "Its key, a PEM file", "portal.key", nil},
		})
	}
	return nil
}

// signingInAt takes an issuer, or a directory at Microsoft 365.
func (o *initOptions) signingInAt(name string) *initOptions {
	o.tenant, o.authority = name, ""
	if strings.Contains(name, "://") {
		o.tenant, o.authority = "", name
	}
	return o
}

// answer has every question answered: by its flag, by a person at a terminal, who is asked again
// after a wrong answer, or by what stands for none.
func (p *program) answer(all []question) error {
	for _, q := range all {
		asks := *q.value == "" && p.terminal
		if *q.value == "" && !asks {
			*q.value = q.or
		}
		for {
			if asks {
				line, err := p.ask(q.words, q.or)
				if err != nil {
					return err
				}
				*q.value = line
			}
			err := q.wrong()
			if err == nil {
				break
			}
			if !asks {
				return usageError{fmt.Errorf("--%s %w", q.flag, err)}
			}
			fmt.Fprintln(p.progress, "That", err)
		}
	}
	return nil
}

// wrong says what is wrong with the answer.
func (q question) wrong() error {
	if *q.value == "" {
		return fmt.Errorf("is missing: %s", q.words)
	}
	if q.check != nil {
		return q.check(*q.value)
	}
	return nil
}

// checkProviderName is for where people sign in.
func checkProviderName(name string) error {
	_, err := manifestOf((&initOptions{url: "https://portal.example.com", name: "x", client: "x"}).signingInAt(name))
	if err != nil {
		return fmt.Errorf("is not usable: %w", err)
	}
	return nil
}

// checkAddress lets the settings' own rules decide.
func checkAddress(address string) error {
	_, err := settings.Parse(fmt.Sprintf("url = %q\n[tls]\nmode = \"off\"\n", address), "--url", nil)
	var wrong *settings.Error
	if errors.As(err, &wrong) {
		return errors.New(wrong.Problems[0].Reason)
	}
	return err
}
