package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

const (
	maxHops   = 5                // from realm to realm
	maxAnswer = 1 << 20          // of a realm's server
	serverFor = 2 * time.Second  // for one server's answer
	maxUDP    = 1400             // of a request; larger ones go by TCP (RFC 4120, section 7.2.1)
	leastLeft = 10 * time.Second // of a ticket worth showing
)

// session asks realms for tickets, with those of a cache.
type session struct {
	config *config
	cache  *cache
	now    func() time.Time
}

// service is a ticket for a host's HTTP service.
func (s *session) service(ctx context.Context, host string) (ticket, error) {
	wanted := principalName{Type: nametype.KRB_NT_SRV_HST, Parts: []string{"HTTP", host}}
	realm := s.config.realmOf(host)
	for _, t := range s.cache.tickets {
		if t.server.name.equal(wanted) && (realm == "" || t.server.realm == realm) && s.good(t) {
			return t, nil
		}
	}
	tgt, err := s.grantingTicket()
	if err != nil {
		return ticket{}, err
	}
	at := s.cache.client.realm
	if realm != "" && realm != at {
		if tgt, err = s.ask(ctx, tgt, at, granting(realm)); err != nil {
			return ticket{}, err
		}
		if at = tgt.leadsTo(); at == "" {
			return ticket{}, lack(proxyauth.Failing, fmt.Errorf("the realm %s leads nowhere", s.cache.client.realm))
		}
	}
	for range maxHops {
		got, err := s.ask(ctx, tgt, at, wanted)
		if err != nil {
			return ticket{}, err
		}
		next := got.leadsTo()
		if next == "" {
			return got, nil
		}
		// A referral to the host's own realm (RFC 6806, section 8).
		tgt, at = got, next
	}
	return ticket{}, lack(proxyauth.Failing, errors.New("one realm refers to the next"))
}

// leadsTo is the realm whose servers take the ticket, "" for a ticket of a service. It
// is the realm asked for, or one on the way to it.
func (t ticket) leadsTo() string {
	if parts := t.server.name.Parts; len(parts) == 2 && parts[0] == "krbtgt" {
		return parts[1]
	}
	return ""
}

func granting(realm string) principalName {
	return principalName{Type: nametype.KRB_NT_SRV_INST, Parts: []string{"krbtgt", realm}}
}

func (s *session) good(t ticket) bool {
	return t.end.Sub(s.now()) > leastLeft && !t.start.After(s.now().Add(5*time.Minute))
}

// grantingTicket is the person's first ticket. All others follow from it.
func (s *session) grantingTicket() (ticket, error) {
	realm := s.cache.client.realm
	var ended time.Time
	for _, t := range s.cache.tickets {
		if !t.server.name.equal(granting(realm)) {
			continue
		}
		if s.good(t) {
			return t, nil
		}
		ended = t.end
	}
	if ended.IsZero() {
		return ticket{}, lack(proxyauth.NoTicket, fmt.Errorf("%w of %s in %s", errNone, s.cache.client, s.cache.name))
	}
	return ticket{}, lack(proxyauth.TicketEnded, fmt.Errorf("that of %s in %s ended at %s", s.cache.client, s.cache.name, ended.Format(time.RFC3339)))
}

// ask has a realm give a ticket (RFC 4120, section 3.3).
func (s *session) ask(ctx context.Context, with ticket, realm string, of principalName) (ticket, error) {
	raw, nonce, err := tgsRequest(s.cache.client, with, realm, of, s.now())
	if err != nil {
		return ticket{}, lack(proxyauth.Failing, err)
	}
	answer, err := s.send(ctx, realm, raw)
	if err != nil {
		return ticket{}, lack(proxyauth.KDCSilent, fmt.Errorf("asking the realm %s: %w", realm, err))
	}
	if refusal, refused := asError(answer); refused {
		return ticket{}, refusedBy(realm, of, refusal)
	}
	got, err := tgsAnswer(answer, with, s.cache.client, nonce)
	if err != nil {
		return ticket{}, lack(proxyauth.Failing, err)
	}
	return got, nil
}

// refusedBy is what a realm's error means for people.
func refusedBy(realm string, of principalName, e realmError) error {
	l := proxyauth.Failing
	switch e.Code {
	case errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:
		l = proxyauth.NoService
	case errorcode.KRB_AP_ERR_SKEW:
		l = proxyauth.ClockWrong
	case errorcode.KRB_AP_ERR_TKT_EXPIRED, errorcode.KDC_ERR_TGT_REVOKED:
		l = proxyauth.TicketEnded
	}
	return lack(l, fmt.Errorf("the realm %s gives no ticket for %s: error %d", realm, of, e.Code))
}

// send asks the realm's servers, one after the other.
func (s *session) send(ctx context.Context, realm string, request []byte) ([]byte, error) {
	servers := s.config.servers[realm]
	if len(servers) == 0 && s.config.lookUpKDC {
		servers = lookUp(ctx, realm)
	}
	err := errors.New("krb5.conf and DNS name no server of it")
	for _, server := range servers {
		var answer []byte
		if len(request) <= maxUDP {
			if answer, err = exchangeWith(ctx, "udp", server, request); err == nil && !tooBig(answer) {
				return answer, nil
			}
		}
		if answer, err = exchangeWith(ctx, "tcp", server, request); err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// tooBig is true if an answer does not fit into a packet.
func tooBig(answer []byte) bool {
	e, refused := asError(answer)
	return refused && e.Code == errorcode.KRB_ERR_RESPONSE_TOO_BIG
}

// lookUp finds a realm's servers in DNS (RFC 4120, section 7.2.3.2).
func lookUp(ctx context.Context, realm string) []string {
	_, found, err := net.DefaultResolver.LookupSRV(ctx, "kerberos", "tcp", realm)
	if err != nil {
		return nil
	}
	var servers []string
	for _, f := range found {
		servers = append(servers, net.JoinHostPort(strings.TrimSuffix(f.Target, "."), strconv.Itoa(int(f.Port))))
	}
	return servers
}

func exchangeWith(ctx context.Context, network, server string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, serverFor)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if network == "udp" {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		answer := make([]byte, 64<<10)
		n, err := conn.Read(answer)
		return answer[:n], err
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil { // #nosec G115 -- some kilobytes
		return nil, err
	}
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxAnswer {
		return nil, errors.New("its answer is too large")
	}
	answer := make([]byte, n)
	_, err = io.ReadFull(conn, answer)
	return answer, err
}
