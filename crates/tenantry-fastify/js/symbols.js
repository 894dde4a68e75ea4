// Names of the fields that belong to the framework on objects that tenants' code holds.

export const kChildren = Symbol("fastify.children");
export const kHooks = Symbol("fastify.hooks");
export const kPrefix = Symbol("fastify.routePrefix");
export const kRequest = Symbol("fastify.Request");
export const kReply = Symbol("fastify.Reply");
export const kParsers = Symbol("fastify.contentTypeParser");
export const kSchemas = Symbol("fastify.schemas");
export const kSchemaFormatter = Symbol("fastify.schemaErrorFormatter");
export const kErrorHandler = Symbol("fastify.errorHandler");
export const kErrorHandlerSet = Symbol("fastify.errorHandlerAlreadySet");
export const kReplySerializerDefault = Symbol("fastify.replySerializerDefault");
export const kRegisteredPlugins = Symbol.for("registered-plugin");
export const kNameChain = Symbol("fastify.pluginNameChain");
export const kLogLevel = Symbol("fastify.logLevel");
export const kLogSerializers = Symbol("fastify.logSerializers");
export const kBoot = Symbol("fastify.boot");
export const kShared = Symbol("fastify.shared");
export const kNotFoundLevel = Symbol("fastify.404LevelInstance");
export const kNotFoundContext = Symbol("fastify.404Context");
export const kCanSetNotFound = Symbol("fastify.canSetNotFoundHandler");
export const kDecorated = Symbol("fastify.decorated");

export const kContext = Symbol("fastify.context");
export const kHead = Symbol("fastify.request.head");
export const kLines = Symbol("fastify.request.lines");
export const kValues = Symbol("fastify.request.values");
export const kRawBody = Symbol("fastify.request.rawBody");
export const kCache = Symbol("fastify.request.cache");
export const kAnswerTo = Symbol("fastify.request.answerTo");

export const kStatus = Symbol("fastify.reply.status");
export const kHasStatus = Symbol("fastify.reply.hasStatus");
export const kHeaders = Symbol("fastify.reply.headers");
export const kSerializer = Symbol("fastify.reply.serializer");
export const kIsError = Symbol("fastify.reply.isError");
export const kInOnError = Symbol("fastify.reply.inOnError");
export const kNextErrorHandler = Symbol("fastify.reply.nextErrorHandler");
export const kSent = Symbol("fastify.reply.sent");
export const kAnswer = Symbol("fastify.reply.answer");
export const kResolve = Symbol("fastify.reply.resolve");
export const kStart = Symbol("fastify.reply.startTime");
export const kEnd = Symbol("fastify.reply.endTime");
export const kWaiting = Symbol("fastify.reply.waiting");
export const kTimer = Symbol("fastify.request.timer");
export const kAbort = Symbol("fastify.request.abortController");
export const kWatched = Symbol("fastify.request.watched");
