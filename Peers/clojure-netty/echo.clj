(ns echo
  "Echo server on Netty: one event loop that accepts and serves.

  The JVM takes care of SIGPIPE, and ends at SIGTERM."
  (:gen-class)
  (:import (io.netty.bootstrap ServerBootstrap)
           (io.netty.buffer Unpooled)
           (io.netty.channel Channel ChannelFuture ChannelFutureListener ChannelHandler
                             ChannelHandlerContext ChannelInboundHandlerAdapter
                             ChannelInitializer ChannelOption)
           (io.netty.channel.nio NioEventLoopGroup)
           (io.netty.channel.socket ChannelInputShutdownEvent)
           (io.netty.channel.socket.nio NioServerSocketChannel)
           (io.netty.util.concurrent GenericFutureListener)))

(set! *warn-on-reflection* true)

(def ^:private backlog (int 4096))

(defn- echo-handler
  ^ChannelHandler []
  (proxy [ChannelInboundHandlerAdapter] []
    (channelRead [^ChannelHandlerContext context message]
      (.write context message))
    (channelReadComplete [^ChannelHandlerContext context]
      (.flush context))
    ;; Doesn't read while more is waiting to be written than the channel's high water mark.
    (channelWritabilityChanged [^ChannelHandlerContext context]
      (let [channel (.channel context)]
        (.setAutoRead (.config channel) (.isWritable channel))))
    (userEventTriggered [^ChannelHandlerContext context event]
      (if (identical? event ChannelInputShutdownEvent/INSTANCE)
        ;; Nothing, but after everything that is still to be written.
        (.addListener ^ChannelFuture (.writeAndFlush context Unpooled/EMPTY_BUFFER)
                      ^GenericFutureListener ChannelFutureListener/CLOSE)
        (.fireUserEventTriggered context event)))
    ;; A reset, say: the end of this connection only.
    (exceptionCaught [^ChannelHandlerContext context _cause]
      (.close context))))

(defn- initializer
  ^ChannelHandler []
  (proxy [ChannelInitializer] []
    (initChannel [^Channel channel]
      (.addLast (.pipeline channel)
                ^"[Lio.netty.channel.ChannelHandler;" (into-array ChannelHandler [(echo-handler)])))))

(defn- start
  "Listens; returns the channel that does."
  ^Channel [^NioEventLoopGroup group port]
  (let [bootstrap (doto (ServerBootstrap.)
                    (.group group)
                    (.channel NioServerSocketChannel)
                    (.option ChannelOption/SO_BACKLOG backlog)
                    (.option ChannelOption/SO_REUSEADDR true)
                    (.childOption ChannelOption/TCP_NODELAY true)
                    (.childOption ChannelOption/ALLOW_HALF_CLOSURE true)
                    (.childHandler (initializer)))]
    (.. bootstrap (bind "127.0.0.1" (int port)) sync channel)))

(defn -main [& arguments]
  (when-not (= 1 (count arguments))
    (binding [*out* *err*] (println "usage: echo PORT"))
    (System/exit 64))
  (let [group (NioEventLoopGroup. 1)]
    (try
      (.sync (.closeFuture (start group (Integer/parseInt (first arguments)))))
      (finally (.shutdownGracefully group)))))
