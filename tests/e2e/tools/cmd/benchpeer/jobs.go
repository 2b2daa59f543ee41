package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/disk"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	// ttl is kubectl's.
	ttl          = 6 * time.Hour
	groupVersion = "apps/v1"
	memoryCalls  = 2000000
)

// kind is the one whose mapping is asked for.
var kind = schema.GroupKind{Group: "apps", Kind: "Deployment"}

// illegal is kubectl's expression for what may not stand in the name of a server's cache folder.
var illegal = regexp.MustCompile(`[^(\w/.)]`)

// job does the work and returns what it was told and a figure: the nanoseconds until it knew, or bytes.
type job func(b *bench) (*answer, float64, error)

var jobs = map[string]job{
	"fill":         fill,
	"cold-live":    coldLive,
	"cold-disk":    coldDisk,
	"warm-all":     warmAll,
	"warm-mapping": warmMapping,
	"warm-one":     warmOne,
	"held-memory":  heldMemory,
	"memory-one-1": memoryOne(1), "memory-one-2": memoryOne(2), "memory-one-8": memoryOne(8),
	"memory-one-32": memoryOne(32),
	"preferred":     preferred,
}

type bench struct {
	config   rest.Config
	work     string
	host     string
	requests atomic.Int64
	rounds   int
	memory   discovery.CachedDiscoveryInterface
}

func newBench(server, pki, work string) *bench {
	b := &bench{work: work}
	b.config = rest.Config{Host: server, UserAgent: "client-go", DisableCompression: true}
	b.config.CAData = must(os.ReadFile(filepath.Join(pki, "ca.crt")))
	b.config.CertData = must(os.ReadFile(filepath.Join(pki, "admin.crt")))
	b.config.KeyData = must(os.ReadFile(filepath.Join(pki, "admin.key")))
	b.config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &counter{next, &b.requests} })
	b.host = illegal.ReplaceAllString(strings.TrimPrefix(server, "https://"), "_")
	return b
}

// counter counts requests on their way.
type counter struct {
	next  http.RoundTripper
	count *atomic.Int64
}

func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	c.count.Add(1)
	return c.next.RoundTrip(request)
}

func (c *counter) WrappedRoundTripper() http.RoundTripper { return c.next }

func (b *bench) expectRequests(want int64) error {
	if got := b.requests.Load(); got != want {
		return fmt.Errorf("%d requests, not %d", got, want)
	}
	return nil
}

// uncached is a configuration whose client makes its own connection: client-go shares its transports between equal
// configurations, except where they have a proxy function. This one is what it would take by itself.
func (b *bench) uncached() *rest.Config {
	config := rest.CopyConfig(&b.config)
	config.Proxy = http.ProxyFromEnvironment
	return config
}

func closeConnections(client *discovery.DiscoveryClient) {
	utilnet.CloseIdleConnectionsFor(client.RESTClient().(*rest.RESTClient).Client.Transport)
}

func coldLive(b *bench) (*answer, float64, error) {
	config := b.uncached()
	b.requests.Store(0)
	began := time.Now()
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, 0, err
	}
	defer closeConnections(client)
	groups, lists, err := client.ServerGroupsAndResources()
	took := time.Since(began)
	if err == nil {
		err = b.expectRequests(2)
	}
	return &answer{groups: groups, lists: lists}, float64(took), err
}

func (b *bench) folder(root string) string { return filepath.Join(b.work, root, "discovery", b.host) }

func (b *bench) diskClient(config *rest.Config, root string) (*disk.CachedDiscoveryClient, error) {
	return disk.NewCachedDiscoveryClientForConfig(config, b.folder(root), "", ttl)
}

func (b *bench) cold(root string) (*answer, float64, error) {
	config := b.uncached()
	b.requests.Store(0)
	began := time.Now()
	client, err := b.diskClient(config, root)
	if err != nil {
		return nil, 0, err
	}
	groups, lists, err := client.ServerGroupsAndResources()
	took := time.Since(began)
	utilnet.CloseIdleConnectionsFor(client.RESTClient().(*rest.RESTClient).Client.Transport)
	if err == nil {
		err = b.expectRequests(2)
	}
	return &answer{groups: groups, lists: lists}, float64(took), err
}

// coldDisk leaves what it wrote out of the way. Nothing is removed between rounds: see put_aside of the other peer.
func coldDisk(b *bench) (*answer, float64, error) {
	root := filepath.Join(b.work, "cold-client-go")
	a, took, err := b.cold("cold-client-go")
	b.rounds++
	if renamed := os.Rename(root, fmt.Sprintf("%s-aside-%d-%d", root, os.Getpid(), b.rounds)); err == nil {
		err = renamed
	}
	return a, took, err
}

// fill leaves the folder that the warm jobs of both sides read.
func fill(b *bench) (*answer, float64, error) {
	if err := os.RemoveAll(filepath.Join(b.work, "kubectl")); err != nil {
		return nil, 0, err
	}
	return b.cold("kubectl")
}

// warm does something with a new client whose folder has everything.
func (b *bench) warm(work func(client *disk.CachedDiscoveryClient) (*answer, error)) (*answer, float64, error) {
	b.requests.Store(0)
	began := time.Now()
	client, err := b.diskClient(&b.config, "kubectl")
	if err != nil {
		return nil, 0, err
	}
	a, err := work(client)
	took := time.Since(began)
	if err == nil {
		err = b.expectRequests(0)
	}
	return a, float64(took), err
}

func warmAll(b *bench) (*answer, float64, error) {
	return b.warm(func(client *disk.CachedDiscoveryClient) (*answer, error) {
		groups, lists, err := client.ServerGroupsAndResources()
		return &answer{groups: groups, lists: lists}, err
	})
}

func preferred(b *bench) (*answer, float64, error) {
	return b.warm(func(client *disk.CachedDiscoveryClient) (*answer, error) {
		lists, err := client.ServerPreferredResources()
		return &answer{preferred: lists}, err
	})
}

func warmMapping(b *bench) (*answer, float64, error) {
	return b.warm(func(client *disk.CachedDiscoveryClient) (*answer, error) {
		mapping, err := restmapper.NewDeferredDiscoveryRESTMapper(client).RESTMapping(kind)
		return &answer{mapping: mapping}, err
	})
}

func warmOne(b *bench) (*answer, float64, error) {
	return b.warm(func(client *disk.CachedDiscoveryClient) (*answer, error) {
		list, err := client.ServerResourcesForGroupVersion(groupVersion)
		return &answer{lists: []*metav1.APIResourceList{list}}, err
	})
}

// remembering is a memory client that knows everything, its connection closed.
func (b *bench) remembering() (discovery.CachedDiscoveryInterface, error) {
	client, err := discovery.NewDiscoveryClientForConfig(b.uncached())
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(client)
	_, _, err = cached.ServerGroupsAndResources()
	closeConnections(client)
	return cached, err
}

// memoryOne asks a memory client from many goroutines at once; the figure is a call's share of a processor.
func memoryOne(workers int) job {
	return func(b *bench) (*answer, float64, error) {
		var err error
		if b.memory == nil {
			if b.memory, err = b.remembering(); err != nil {
				return nil, 0, err
			}
		}
		list, err := b.memory.ServerResourcesForGroupVersion(groupVersion)
		if err != nil {
			return nil, 0, err
		}
		took := inParallel(workers, func() {
			for range memoryCalls / workers {
				if got, err := b.memory.ServerResourcesForGroupVersion(groupVersion); err != nil || got != list {
					panic("another answer")
				}
			}
		})
		calls := float64(memoryCalls / workers * workers)
		return &answer{lists: []*metav1.APIResourceList{list}},
			float64(took) * float64(min(workers, runtime.NumCPU())) / calls, nil
	}
}

func inParallel(workers int, work func()) time.Duration {
	var group sync.WaitGroup
	start := make(chan struct{})
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			<-start
			work()
		}()
	}
	began := time.Now()
	close(start)
	group.Wait()
	return time.Since(began)
}

func heapBytes() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// heldMemory: what is made once for all clients is made by a first one, which is thrown away.
func heldMemory(b *bench) (*answer, float64, error) {
	if _, err := b.remembering(); err != nil {
		return nil, 0, err
	}
	before := heapBytes()
	cached, err := b.remembering()
	if err != nil {
		return nil, 0, err
	}
	held := heapBytes() - before
	groups, lists, err := cached.ServerGroupsAndResources()
	return &answer{groups: groups, lists: lists}, held, err
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
